import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const LAYOUT = readFileSync(new URL('layout-flaws.js', import.meta.url), 'utf8');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is wrong with how a page looks, each as a sentence; nothing where all is well. */
export async function flaws(page: Page): Promise<string[]> {
  return [...(await page.evaluate<string[]>(LAYOUT)), ...(await accessibilityFlaws(page))];
}

/** By axe, whose script comes past the page's policy by the debugger. */
async function accessibilityFlaws(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
  return violations;
}
