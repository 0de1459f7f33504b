import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import type { StorageSizes } from './databases.ts';
import type { ContestantId, Plan } from './plan.ts';

/** What the process of the contestants is told. */
export interface Assignment {
  serverUrl: string;
  plan: Plan;
}

/** And what it answers. */
export interface WritePathSamples {
  serverVersion: string;
  sizes: SizeSamples[];
  storage: StorageSamples;
}

export interface StorageSamples extends StorageSizes {
  walBytesPerEvent: number;
}

export interface SizeSamples {
  events: number;
  rounds: Round[];
}

/** From body strings to commit, per batch. */
export interface Timing {
  ms: number;
  /** Of this process, all threads. */
  cpuMs: number;
}

/** Of those that ran in this round. */
export type Round = Partial<Record<ContestantId, Timing>>;

/** Runs the contestants against a PostgreSQL of their own, which is gone afterwards. */
export async function measureWritePath(plan: Plan, signal: AbortSignal): Promise<WritePathSamples> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-bench-'));
  chmodSync(folder, 0o755); // root's server runs as nobody, who must get in
  const server = await startPostgres(folder);
  try {
    return await runProcess({ serverUrl: server.url, plan }, signal);
  } finally {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * All contestants share one process of their own. Its stdout is a pipe that is read and thrown away: the handler writes
 * its log and metrics at the price it pays on Lambda, and nobody sees them. Its environment is empty, so that nobody's
 * POWERTOOLS_LOG_LEVEL, PGSSLMODE or NODE_OPTIONS has a part in the result.
 */
async function runProcess(assignment: Assignment, signal: AbortSignal): Promise<WritePathSamples> {
  const child = fork(join(import.meta.dirname, 'contestants-process.ts'), {
    execArgv: ['--expose-gc'],
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    signal,
  });
  let loggedBytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    loggedBytes += chunk.length;
  });
  // Its warnings; what the process itself dies of is not JSON.
  child.stderr?.on('data', (chunk: Buffer) => {
    if (!chunk.toString().startsWith('{')) process.stderr.write(chunk);
  });
  let samples: WritePathSamples | undefined;
  child.on('message', (message: WritePathSamples | { progress: string }) => {
    if ('progress' in message) process.stderr.write(`${message.progress}\n`);
    else samples = message;
  });
  child.send(assignment);
  const [code, killedBy] = await once(child, 'close');
  if (!samples) throw new Error(`The contestants ended without a result (${killedBy ?? `code ${code}`}).`);
  if (loggedBytes === 0) throw new Error('The handler logged nothing, so its path was not measured whole.');
  return samples;
}
