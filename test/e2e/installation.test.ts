import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Stands for npm: starts a child, as npm does for install scripts, writes down its id, and takes its time. */
const SLOW_NPM = `#!/bin/sh
sleep 600 &
echo $! > "$CHILD_FILE"
wait
`;

/** A checkout without node_modules, whose installation does not come to an end. */
function startInstalling() {
  const folder = temporaryFolder();
  for (const part of ['package.json', 'package-lock.json', 'tools']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'npm'), SLOW_NPM, { mode: 0o755 });
  const CHILD_FILE = join(folder, 'child');
  const child = spawn(process.execPath, [join(folder, 'tools', 'login-etl.mjs'), '--help'], {
    env: { PATH: bin + delimiter + process.env.PATH, CHILD_FILE },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const childOfNpm = () => {
    try {
      return Number(readFileSync(CHILD_FILE, 'utf8'));
    } catch {
      return 0;
    }
  };
  return { child, childOfNpm };
}

function isRunning(pid: number): boolean {
  try {
    // What is dead and not yet waited for is still there to kill().
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function resultOf(child: ChildProcess) {
  const closed = once(child, 'close');
  const stderr = await text(child.stderr as NodeJS.ReadableStream);
  return { code: (await closed)[0], stderr };
}

test.runIf(process.platform === 'linux').for([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s during the installation ends npm with all that it has started', async ([signal, code]) => {
  const { child, childOfNpm } = startInstalling();
  const result = resultOf(child);
  await expect.poll(childOfNpm).toBeGreaterThan(0);
  child.kill(signal);
  expect(await result).toMatchObject({ code, stderr: expect.stringContaining('The installation was interrupted') });
  await expect.poll(() => isRunning(childOfNpm())).toBe(false);
});
