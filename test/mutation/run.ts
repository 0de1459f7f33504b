import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const VERSION = '10.1.1';

const ROOT = join(import.meta.dirname, '..', '..');
const STRYKER = join(ROOT, 'node_modules', '.cache', `stryker-${VERSION}`);

const HELP = `Changes the pure code in some 2,200 small ways, in a copy, counts the changes that a unit or property test notices,
and shows the others. Fails below 95 %. A change that no test has to notice is left out by a comment in the code, which
says why: "Stryker disable".

  npm run test:mutation                       two hours on two cores
  npm run test:mutation -- lambda/queue       a folder or file of it, or several
  npm run test:mutation -- --concurrency 1    how many at once (2)

Stryker ${VERSION} (64 MB) comes from npm, into node_modules/.cache.
`;

function main(): number {
  const options = readOptions();
  if (!options) return print(process.stderr, HELP, 2);
  if (options.help) return print(process.stdout, HELP, 0);
  install();
  return mutate(options);
}

interface Options {
  help: boolean;
  concurrency: string;
  /** Folders and files; empty: all that the configuration names. */
  parts: string[];
}

function readOptions(): Options | null {
  const help = { type: 'boolean', default: false } as const;
  const concurrency = { type: 'string', default: '2' } as const;
  try {
    const { values, positionals: parts } = parseArgs({ options: { help, concurrency }, allowPositionals: true });
    const isOurs = /^[1-9]\d?$/.test(values.concurrency) && parts.every((part) => existsSync(join(ROOT, part)));
    return isOurs ? { ...values, parts } : null;
  } catch {
    return null;
  }
}

/** Below node_modules, so that it goes when that goes, and finds this project's Vitest there instead of one of its own. */
function install(): void {
  if (existsSync(join(STRYKER, 'node_modules', '.bin', 'stryker'))) return;
  process.stderr.write(`Installing Stryker ${VERSION} ...\n`);
  mkdirSync(STRYKER, { recursive: true });
  writeFileSync(join(STRYKER, 'package.json'), '{"private":true}\n');
  const options = [
    '--no-save',
    '--ignore-scripts',
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  spawnSync('npm', ['install', ...options, ...packages], { cwd: STRYKER, stdio: ['ignore', 2, 2] });
}

/** Stryker copies what it changes, here outside the project, where neither linter nor tests find it. */
function mutate({ concurrency, parts }: Options): number {
  const copy = mkdtempSync(join(tmpdir(), 'login-etl-mutation-'));
  const modules = join(STRYKER, 'node_modules');
  const runner = join(modules, '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js');
  const config = join('test', 'mutation', 'stryker.config.json');
  const args = ['run', config, '--plugins', runner, '--tempDirName', copy, '--concurrency', concurrency];
  const mutated = parts.map((part) => (part.endsWith('.ts') ? part : join(part, '**', '*.ts')));
  if (mutated.length > 0) args.push('--mutate', mutated.join(','));
  try {
    return spawnSync(join(modules, '.bin', 'stryker'), args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

process.exitCode = main();
