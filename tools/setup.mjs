// Runs a command of this project, after installing what package-lock.json names where that is missing or stale.
// Plain JavaScript for Node 18, because it runs before there is a newer one in node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');

/** npm keeps its own account of what it installed; every package of the lock file must be in it, in that version. */
function isInstalled() {
  try {
    const { packages: wanted } = readJson('package-lock.json');
    const { packages: installed } = readJson('node_modules/.package-lock.json');
    const isThere = ([path, { version, optional }]) =>
      installed[path] ? installed[path].version === version : optional === true;
    return Object.entries(wanted).every((entry) => entry[0] === '' || isThere(entry)) && existsSync(join(BIN, 'node'));
  } catch {
    return false;
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

/** All its output goes to standard error: standard output may be read by a program. */
function install() {
  console.error('Installing the packages of package-lock.json (once; about half a minute) ...');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const [command, first] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status === 0 && isInstalled()) return;
  console.error('The installation failed; what npm says is above. Mend that, then run the same command again.');
  process.exit(1);
}

/** Node 24 of node_modules comes first on the path, whatever Node runs this file. */
function run(command, args) {
  const env = { ...process.env, PATH: BIN + delimiter + process.env.PATH };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // When npm is killed outright the command would live on, and hold its data folder.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      // Once: a second signal means at once.
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 250).unref();
  }
  child.on('error', ({ message }) => {
    console.error(`${command} does not start: ${message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('Usage: node tools/setup.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
if (!isInstalled()) install();
run(command, args);
