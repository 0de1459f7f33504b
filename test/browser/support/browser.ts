import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** Debian's and then the CI runner's. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/google-chrome', '/usr/bin/chromium'];

let browser: Promise<Browser> | undefined;

function launch(): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'No browser: apt-get install -y --no-install-recommends chromium-headless-shell fonts-dejavu-core, or set CHROME_PATH.',
    );
  }
  // As root Chrome has no sandbox, and in a container often no room in /dev/shm.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface OpenPage {
  page: Page;
  /** What the browser asked for, the page itself included. */
  requests: string[];
  /** What it wrote to the console: errors, and what the page's policy kept out. */
  messages: string[];
}

/** A page in a browser profile of its own. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  browser ??= launch();
  const context = await (await browser).newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const requests: string[] = [];
  const messages: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  await page.goto(url);
  return { page, requests, messages };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}
