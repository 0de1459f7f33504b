import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { PROGRAM } from '../../tools/program/commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = globSync('{*.md,.github/*.md,{infra,lambda,localstack,test,tools}/**/*.md}', { cwd: ROOT });
/** Where scripts are named, that a rename would leave behind. */
const SOURCES = [...PAGES, ...globSync(['.github/workflows/*.yml', '.ci/run'], { cwd: ROOT })];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe.each(PAGES)('%s', (page) => {
  test('links to files and headings that exist', () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"/g)].map(
      ([, link, image]) => link ?? image ?? '',
    );
    expect(links.filter((link) => !/^https?:/.test(link)).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });
});

test('there are pages to read, and a broken link is noticed', () => {
  expect(PAGES.length).toBeGreaterThan(5);
  expect(leadsSomewhere('README.md', 'lambda/README.md#the-contract')).toBe(true);
  expect(leadsSomewhere('README.md', 'lambda/README.md#no-such-heading')).toBe(false);
  expect(leadsSomewhere('lambda/README.md', 'lambda/README.md')).toBe(false);
});

test('every npm script that is named exists', () => {
  const named = SOURCES.flatMap((path) =>
    [...read(path).matchAll(/\bnpm run ([a-z][a-z:]*)/g)].map(([, script = '']) => ({ path, script })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ script }) => !(script in packageJson.scripts))).toEqual([]);
});

test('every command and option of login-etl that is named exists', async () => {
  const known = await commandLines();
  const named = PAGES.flatMap((path) =>
    [...read(path).matchAll(/npx (?:--no -- )?login-etl ((?:[^`\n]|\\\n)*)/g)].map(([, line = '']) => ({ path, line })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ line }) => !isKnown(line, known))).toEqual([]);
  expect(['dlq lost', 'dlq list --format csv', 'strat'].filter((line) => isKnown(line, known))).toEqual([]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || headings(target).includes(anchor);
}

/** As GitHub names them: lower case, spaces to dashes, without punctuation. */
function headings(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

type Options = readonly string[];

/** Each command as it is typed, and its options. */
async function commandLines(): Promise<ReadonlyMap<string, Options>> {
  const lines = new Map<string, Options>();
  const add = (name: string, command: Command): void => {
    lines.set(
      name,
      command.options.flatMap(({ long, short }) => [long, short]).filter((flag) => flag != null),
    );
    for (const member of command.commands) add(`${name} ${member.name()}`, member as Command);
  };
  for (const [name, { load }] of Object.entries(PROGRAM.groups).flatMap(([, group]) => Object.entries(group))) {
    const command = new Command(name);
    (await load())(command, async () => {});
    add(name, command);
  }
  return lines;
}

/** `COMMAND` stands for any of them, as do `...` and nothing. What npx or a shell takes ends the line. */
function isKnown(line: string, known: ReadonlyMap<string, Options>): boolean {
  const words =
    line
      .split(/ -- | [|>&#]|[;)]/)[0]
      ?.trim()
      .split(/\s+/) ?? [];
  const [first = '', second = ''] = words;
  if (['', 'COMMAND', '...', '--help'].includes(first)) return true;
  const options =
    known.get(`${first} ${second}`) ?? (second === '...' || !isGroup(first, known) ? known.get(first) : undefined);
  const flags = words.map((word) => word.replace(/=.*|[.,:]+$/g, '')).filter((word) => /^--?[a-z]/.test(word));
  return options !== undefined && flags.every((flag) => options.includes(flag) || flag === '--help');
}

function isGroup(name: string, known: ReadonlyMap<string, Options>): boolean {
  return [...known.keys()].some((line) => line.startsWith(`${name} `));
}
