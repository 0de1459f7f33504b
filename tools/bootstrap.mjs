// Installs the packages of package-lock.json if any are missing or stale, then runs a program on the project's own Node.
// Plain JavaScript for Node 18, because it runs before there is a newer one in node_modules.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm needs a moment to stop its own children; after this long nobody waits for it any more. */
const STOP_NPM_MS = 5_000;

/** Ends this process if the packages cannot be installed, or if Ctrl-C stops the installation. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  // Standard output may be read by a program.
  console.error('Installing the packages of package-lock.json (once; about half a minute) ...');
  const { code, signal } = await install();
  if (signal) {
    console.error('\nThe installation was interrupted. Run the same command to start it again.');
    process.exit(128 + constants.signals[signal]);
  }
  if (code === 0 && isInstalled()) return;
  console.error("The installation failed; npm's own message is above. Fix that, then run the same command again.");
  process.exit(1);
}

/** npm records what it installed; every package of the lock file must be in that record, in the same version. */
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

/**
 * Runs in its own process group, so an interrupt ends npm and everything it has started: a leftover installation would
 * get in the way of the next run.
 */
function install() {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const [command, first] = npm && /npm-cli\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
  const child = spawn(command, [...first, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2], detached: true });
  let interrupted;
  const stop = (signal) => {
    if (interrupted) return;
    interrupted = signal;
    killGroup(child, 'SIGTERM');
    setTimeout(() => killGroup(child, 'SIGKILL'), STOP_NPM_MS).unref();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return new Promise((done) => {
    const end = (code) => {
      for (const signal of SIGNALS) process.off(signal, stop);
      if (interrupted) killGroup(child, 'SIGKILL');
      done({ code, signal: interrupted });
    };
    child.on('error', ({ message }) => {
      console.error(`${command} does not start: ${message}`);
      end(1);
    });
    child.on('close', end);
  });
}

function killGroup({ pid }, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Puts Node 24 of node_modules first on the path, whichever Node runs this file, and exits with the program's exit code. */
export function run(command, args) {
  const env = { ...process.env, PATH: BIN + delimiter + process.env.PATH };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  // If npm is killed outright, the command would otherwise live on and keep its data folder locked.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      // Only the first: a second signal means "right now".
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
