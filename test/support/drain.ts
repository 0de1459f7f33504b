import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { TEST_MASK_KEY } from './function.ts';

const BUNDLE = join(import.meta.dirname, '..', '..', 'tools', 'drain', 'bundle.ts');
let entry: string | undefined;

/** Builds the container's file before the tests, far from any node_modules, and removes it after them. */
export function buildDrain(): void {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-drain-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  entry = join(folder, 'login-etl-drain.mjs');
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', BUNDLE, entry]);
}

export interface RunningDrain {
  stderr(): string;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
  /** Waits until standard error matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<DrainResult>;
}

export interface DrainResult {
  code: number | null;
  stdout: string;
  stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: what --json printed
  json: any;
}

export interface DrainPlaces {
  queueUrl: string;
  databaseUrl: string;
}

/** The command as the container runs it, in a process of its own. */
export function startDrain(at: DrainPlaces, args: string[] = [], env: Record<string, string> = {}): RunningDrain {
  if (!entry) throw new Error('buildDrain() comes first');
  const child = spawn(process.execPath, [entry, ...args, '--json'], {
    env: {
      QUEUE_URL: at.queueUrl,
      DATABASE_URL: at.databaseUrl,
      MASK_KEY: TEST_MASK_KEY,
      RETRY_WAIT_SECONDS: '1',
      RETRY_WAIT_MAX_SECONDS: '2',
      AWS_REGION: LOCAL_AWS.region,
      AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = once(child, 'close').then(
    ([code]): DrainResult => ({ code, stdout, stderr, json: stdout === '' ? null : JSON.parse(stdout) }),
  );
  return {
    stderr: () => stderr,
    signal: (name) => void child.kill(name),
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(stderr);
        if (match) return match;
        if (child.exitCode !== null) throw new Error(`it ended before it printed ${pattern}: ${stderr}`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    ended,
  };
}

export function runDrain(at: DrainPlaces, args?: string[], env?: Record<string, string>): Promise<DrainResult> {
  return startDrain(at, args, env).ended;
}
