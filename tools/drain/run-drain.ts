import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { checkDatabase } from './check-database.ts';
import { drainQueue, type Ending } from './drain-queue.ts';
import { listen } from './http-server.ts';
import { createProgress, type Progress } from './progress.ts';
import { type QueueFacts, QueueUnreachable, readQueue } from './queue.ts';
import { progressLine, type Report } from './report.ts';
import { checkSettings } from './settings.ts';

export interface DrainOptions {
  /** Keeps running when the queue is empty. */
  follow: boolean;
  /** How long an outage may last; Infinity never gives up. */
  giveUpMs: number;
  /** For `/healthz`, `/readyz` and `/metrics`; 0 is any free port. */
  port: number | null;
}

export interface DrainContext {
  env: Environment;
  region: string;
  stderr: Writable;
  stop: AbortSignal;
}

const LINE_MS = 10_000;
const CHECK_TIMEOUT_MS = 10_000;
const CHECK_AGAIN_MS = 2_000;
/** Messages that `--follow` remembers: more than are ever on their way to the dead-letter queue at once, in some 20 MB. */
const REMEMBERED = 100_000;

/**
 * Checks settings, queue and database, then drains.
 *
 * @throws UserError, ConfigError or KeyMismatchError if a setting is wrong: then no message was received, unless the
 *   setting became wrong later
 */
export async function runDrain(options: DrainOptions, context: DrainContext): Promise<Report> {
  const { env, region, stderr, stop } = context;
  const queueUrl = checkSettings(env);
  const sqs = new SQSClient({ ...AWS_CLIENT, region, endpoint: new URL(queueUrl).origin });
  const progress = createProgress(options.follow ? REMEMBERED : undefined);
  const startedAt = performance.now();
  let queue: QueueFacts | null = null;
  const health = { progress, isChecked: () => queue !== null };
  const server = options.port === null ? null : await listen(options.port, health);
  if (server) stderr.write(`Listening on port ${server.port}: /healthz, /readyz, /metrics\n`);
  const lines = writeLines(progress, stderr);
  try {
    let ending: Ending = 'interrupted';
    const checked = await untilReachable(() => check(sqs, queueUrl, env, progress), { ...options, progress, stop });
    if (typeof checked === 'string') ending = checked;
    else {
      queue = checked;
      if (!queue.hasDeadLetterQueue) stderr.write(NO_DEAD_LETTER_QUEUE);
      ending = await drainQueue({ env, sqs, queueUrl, queue, progress, ...options, stop });
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const hasDeadLetterQueue = queue?.hasDeadLetterQueue ?? null;
    return { ending, ...progress.summary(), outage: progress.outage()?.reason ?? null, hasDeadLetterQueue, seconds };
  } finally {
    lines.end();
    server?.close();
    sqs.destroy();
  }
}

const NO_DEAD_LETTER_QUEUE =
  'The queue has no dead-letter queue, so rejected messages stay in it. Give it a redrive policy to get them out of the way.\n';

/** @returns null if something is unreachable that may be back in a moment; `progress` knows what */
async function check(
  sqs: SQSClient,
  queueUrl: string,
  env: Environment,
  progress: Progress,
): Promise<QueueFacts | null> {
  try {
    const queue = await readQueue(sqs, queueUrl);
    const away = await checkDatabase(env, CHECK_TIMEOUT_MS);
    if (away) progress.unreachable(away);
    else progress.reachable('everything');
    return away ? null : queue;
  } catch (error) {
    if (!(error instanceof QueueUnreachable)) throw error;
    progress.unreachable(`sqs ${error.message}`);
    return null;
  }
}

/** Tries again until everything is reachable, or the outage is longer than `giveUpMs`. */
async function untilReachable(
  attempt: () => Promise<QueueFacts | null>,
  { progress, giveUpMs, stop }: { progress: Progress; giveUpMs: number; stop: AbortSignal },
): Promise<QueueFacts | Ending> {
  for (;;) {
    const queue = await attempt();
    if (queue) return queue;
    if (stop.aborted) return 'interrupted';
    if ((progress.outage()?.forMs ?? 0) > giveUpMs) return 'gave up';
    await sleep(CHECK_AGAIN_MS, null, { signal: stop }).catch(() => {});
  }
}

function writeLines(progress: Progress, stderr: Writable): { end(): void } {
  let done = 0;
  const write = () => {
    const { stored, duplicates } = progress.summary();
    stderr.write(progressLine(progress, ((stored + duplicates - done) * 1_000) / LINE_MS));
    done = stored + duplicates;
  };
  const timer = setInterval(write, LINE_MS);
  return { end: () => clearInterval(timer) };
}
