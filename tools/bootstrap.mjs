// Installs what package-lock.json names where that is missing or stale, then runs a program on the project's own Node.
// Plain JavaScript for Node 18, because it runs before there is a newer one in node_modules.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm needs a moment to stop its own children; after that it is not waited for. */
const STOP_NPM_MS = 5_000;

/** Ends this process where the packages cannot be installed, or Ctrl-C stops the installation. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  // Standard output may be read by a program.
  console.error('Installing the packages of package-lock.json (once; about half a minute) ...');
  const { code, signal } = await install();
  if (signal) {
    console.error('\nThe installation was interrupted; the same command begins it again.');
    process.exit(128 + constants.signals[signal]);
  }
  if (code === 0 && isInstalled()) return;
  console.error('The installation failed; what npm says is above. Fix that, then run the same command again.');
  process.exit(1);
}

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

/**
 * In a process group of its own, so that an interrupt ends npm with everything it has started: what goes on installing
 * would be in the way of the next run.
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

/** Node 24 of node_modules comes first on the path, whatever Node runs this file. Its exit code becomes this one's. */
export function run(command, args) {
  const env = { ...process.env, PATH: BIN + delimiter + process.env.PATH };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
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
