import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Accepted, formatResult, type MutationReport, readMutants, scoreOf } from './result.ts';

const VERSION = '10.1.1';
const MIN_SCORE = 90;

const ROOT = join(import.meta.dirname, '..', '..');
const STRYKER = join(ROOT, 'node_modules', '.cache', `stryker-${VERSION}`);
const FOLDER = join(ROOT, 'test', 'mutation');

const HELP = `Changes the pure code in some 850 small ways, in a copy, and counts the changes that a unit or property test notices.
Writes test/mutation/result.md. Fails below ${MIN_SCORE} %, and for a change that nothing noticed and accepted.json does not explain.

  npm run test:mutation                       about seven minutes on two cores
  npm run test:mutation -- --concurrency 1    how many at once (2)

Stryker ${VERSION} (64 MB) comes from npm, into node_modules/.cache.
`;

function main(): number {
  const options = readOptions();
  if (!options) return print(process.stderr, HELP, 2);
  if (options.help) return print(process.stdout, HELP, 0);
  install();
  const report = mutate(options.concurrency);
  if (!report) return print(process.stderr, 'Stryker did not come to an end; what it says is above.\n', 1);
  const mutants = readMutants(report, JSON.parse(readFileSync(join(FOLDER, 'accepted.json'), 'utf8')) as Accepted[]);
  const tool = `Stryker ${VERSION}, Node ${process.versions.node}`;
  writeFileSync(join(FOLDER, 'result.md'), formatResult(mutants, new Date().toISOString().slice(0, 10), tool));
  const unexplained = mutants.filter(({ survived, why }) => survived && why === null);
  for (const { place, change } of unexplained) process.stderr.write(`Not noticed, not explained: ${place} ${change}\n`);
  const score = scoreOf(mutants);
  process.stderr.write(
    `${score.toFixed(1)} % of the mutants were noticed; test/mutation/result.md tells of the others.\n`,
  );
  return score >= MIN_SCORE && unexplained.length === 0 ? 0 : 1;
}

function readOptions(): { help: boolean; concurrency: string } | null {
  const help = { type: 'boolean', default: false } as const;
  const concurrency = { type: 'string', default: '2' } as const;
  try {
    const { values } = parseArgs({ options: { help, concurrency } });
    return /^[1-9]\d?$/.test(values.concurrency) ? values : null;
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
function mutate(concurrency: string): MutationReport | null {
  const copy = mkdtempSync(join(tmpdir(), 'login-etl-mutation-'));
  const modules = join(STRYKER, 'node_modules');
  const runner = join(modules, '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js');
  const config = join('test', 'mutation', 'stryker.config.json');
  const args = ['run', config, '--plugins', runner, '--tempDirName', copy, '--concurrency', concurrency];
  try {
    const { status } = spawnSync(join(modules, '.bin', 'stryker'), args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
    const file = join(ROOT, 'node_modules', '.cache', 'mutation', 'report.json');
    return status === 0 ? (JSON.parse(readFileSync(file, 'utf8')) as MutationReport) : null;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

process.exitCode = main();
