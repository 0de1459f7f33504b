import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { removePostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Started {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Waits until standard output and standard error together match. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  exit(): Promise<number | null>;
}

export interface StartOptions {
  env?: Record<string, string>;
  stdin?: string | Buffer;
  /** Where it is called from, the project's folder or one below it. */
  cwd?: string;
}

/** `npm start` as a user runs it, in its own process group, so that all of it can be killed. */
export function npmStart(args: string[], { env = {}, stdin = '', cwd = ROOT }: StartOptions = {}): Started {
  const { DATABASE_URL: _, MASK_KEY: __, MASK_LAYER_KEY: ___, NODE_OPTIONS: ____, ...rest } = process.env;
  const child = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd,
    env: { ...rest, ...env },
    detached: true,
  });
  onTestFinished(() => killGroup(child));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  child.stdin.on('error', () => {}).end(stdin);
  const closed = once(child, 'close');
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(stdout + stderr);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`it ended before it printed ${pattern}: ${stdout}${stderr}`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    exit: async () => (await closed)[0],
  };
}

export function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

export async function runStart(args: string[], options?: StartOptions) {
  const started = npmStart(args, options);
  const code = await started.exit();
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

/** The object that --json prints, which must be all of standard output. */
export function parseResult(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout);
}

/** A data folder that is removed when the test ends, along with what root's server keeps elsewhere. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-e2e-'));
  onTestFinished(() => {
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
