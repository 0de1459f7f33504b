import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const PARTS = ['infra', 'lambda', 'localstack', 'tools', 'package.json', 'package-lock.json', '.npmrc'];
/** Of another npm, as in `NPM_BIN=$(npm root -g)/npm/bin npx vitest run test/e2e/npx.test.ts`. Tried: npm 10, 11, 12. */
const { NPM_BIN } = process.env;
/** Says how it was called instead of doing anything. */
const ECHO = 'console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(2), node: process.version }));';

let folder: string;
let below: string;

/** A checkout that nobody has run anything in. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'login-etl-npx-')));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  below = join(folder, 'below', 'deeper');
  mkdirSync(below, { recursive: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }), 300_000);

/** Without a registry by default: whatever it fetched would fail. */
async function npx(args: readonly string[], { cwd = folder, registry = 'http://127.0.0.1:1/' } = {}) {
  const [program, first] = NPM_BIN ? [process.execPath, [join(NPM_BIN, 'npx-cli.js')]] : ['npx', []];
  const { npm_config_registry: _, ...rest } = process.env;
  const env = { ...rest, ...(registry && { npm_config_registry: registry }) };
  const { stdout, stderr } = await run(program, [...first, '--no', '--', 'login-etl', ...args], { cwd, env });
  return { stdout, stderr };
}

test('from a fresh clone npx installs what the lock file names, and runs the program', {
  timeout: 300_000,
}, async () => {
  const { stdout, stderr } = await npx(['--help'], { cwd: below, registry: '' });
  expect(stdout).toMatch(/^Usage: npx login-etl COMMAND/m);
  expect(stderr).toContain('Installing the packages of package-lock.json');
  const again = await npx(['dlq', 'list', '--help']);
  expect(again.stderr).not.toContain('Installing');
});

test('npx fetches nothing, keeps the folder, and passes every option on as it is', async () => {
  writeFileSync(join(folder, 'tools', 'program', 'main.ts'), ECHO);
  const args = [
    ...['dlq', 'redrive', '--dry-run', '--limit', '1', '--to', 'k2', '--format', 'csv', '--save', 'x', '--days', '7'],
    ...['--yes', '--json', '--help', '-', 'a b', '', '--', '--require-approval', 'never', '--no-color'],
  ];
  for (const cwd of [folder, below]) {
    const { stdout } = await npx(args, { cwd });
    const [line = ''] = stdout.split('\n').filter((text) => text.startsWith('{'));
    expect(JSON.parse(line)).toEqual({ cwd, args, node: process.version });
  }
});
