import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = globSync('{*.md,.github/*.md,{infra,lambda,localstack,test,tools}/**/*.md}', { cwd: ROOT });
/** With its language; a console shows output as well, and commands behind a `$`. */
const BLOCK = /^( *)```(\w*)\n([\s\S]*?)^\1```/gm;
/** What is a command where it stands within a sentence. */
const INLINE = /`((?:npx|npm|docker|aws [a-z]+ [a-z-]+|\.ci\/run)\b[^`]*)`/g;

/** Every command of the documentation, once, on one line and without its comment. */
export function readmeCommands(): string[] {
  const found = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const blocks = [...text.matchAll(BLOCK)].flatMap(([, , language = '', block = '']) => fromBlock(language, block));
    return [...blocks, ...[...text.replace(BLOCK, '').matchAll(INLINE)].map(([, command = '']) => command)];
  });
  return [...new Set(found.map((command) => command.replace(/\s+/g, ' ').trim()))].filter(Boolean);
}

function fromBlock(language: string, block: string): string[] {
  const lines = block.replace(/\\\n\s*/g, '').split('\n');
  if (language === 'sh') return lines.map((line) => line.replace(/(^|\s)#.*$/, ''));
  return lines.flatMap((line) => /^\s*\$ (.+)/.exec(line)?.[1] ?? []);
}
