import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { createHandler } from '../../lambda/create-handler.ts';
import { ConfigError, errorName, KeyMismatchError } from '../../lambda/errors.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { total } from '../cli/counts.ts';
import { type EventSourceOptions, startEventSource } from '../event-source/event-source.ts';
import type { BatchReport, FunctionAnswer } from '../event-source/run-counts.ts';
import { createBusyQueue } from '../sqs/busy-queue.ts';
import type { Progress } from './progress.ts';
import type { QueueFacts } from './queue.ts';
import { readDepth } from './queue.ts';

export interface Drain {
  env: Environment;
  sqs: SQSClient;
  queueUrl: string;
  queue: QueueFacts;
  progress: Progress;
  /** Keeps running when the queue is empty. */
  follow: boolean;
  /** How long an outage may last. */
  giveUpMs: number;
  stop: AbortSignal;
}

export type Ending = 'empty' | 'gave up' | 'interrupted';

/** Lambda's batch size with a shorter window, since the next batch is gathered while one is being stored anyway. */
const BATCH = { batchSize: 10_000, windowMs: 100 };
/** Time limit of one invocation: enough for the slowest write, and for setting when messages come again. */
const TIMEOUT_MS = 30_000;
/** Time left to answer and delete before a batch's messages become visible again. */
const RESERVE_MS = 1_000;
/** An empty answer can be wrong, and so can SQS's counts. */
const EMPTY_IN_A_ROW = 2;
const CHECK_MS = 500;

/**
 * Stores what is in the queue with the function's own code, in this thread.
 *
 * @returns when the batches in hand are done
 * @throws ConfigError or KeyMismatchError if the function finds that a setting is wrong
 */
export async function drainQueue(drain: Drain): Promise<Ending> {
  const { sqs, queueUrl, queue, progress, stop } = drain;
  const ended = Promise.withResolvers<Ending>();
  const busy = createBusyQueue(sqs, queueUrl);
  const emptiness = watchEmptiness(drain, () => ended.resolve('empty'));
  const invoke = createInvoke(drain);
  const source = startEventSource<FunctionAnswer>({
    ...BATCH,
    waitSeconds: drain.follow ? 20 : 1,
    queue: busy,
    queueArn: queue.arn,
    invoke(event, receivedAt) {
      emptiness.begin();
      return invoke(event, receivedAt);
    },
    onBatch(batch) {
      progress.reachable('sqs');
      progress.batchDone(batch);
      emptiness.end();
      if (isFinal(batch.error)) ended.reject(batch.error);
    },
    onEmpty() {
      progress.reachable('sqs');
      emptiness.nothingCame();
    },
    onError: (error) => progress.unreachable(`sqs ${errorName(error)}`),
  });
  const interrupted = () => ended.resolve('interrupted');
  const timer = setInterval(() => {
    if (stop.aborted) interrupted();
    else if ((progress.outage()?.forMs ?? 0) > drain.giveUpMs) ended.resolve('gave up');
  }, CHECK_MS);
  stop.addEventListener('abort', interrupted);
  try {
    return await ended.promise;
  } finally {
    clearInterval(timer);
    stop.removeEventListener('abort', interrupted);
    await source.stop();
    busy.close();
  }
}

function createInvoke({ env, queueUrl, queue, progress }: Drain): EventSourceOptions<FunctionAnswer>['invoke'] {
  const nothing: BatchReport = { deliveries: [], changedBy: {} };
  let report = nothing;
  // A function that knows the queue makes rejected messages visible at once, and without a dead-letter queue they would
  // come back endlessly.
  const queueVariable = { [ENV.queueUrl]: queue.hasDeadLetterQueue ? queueUrl : undefined };
  const handler = createHandler({ ...env, ...queueVariable }, (result) => {
    const deliveries = result.deliveries.map(({ record, outcome }) => ({ messageId: record.messageId, outcome }));
    report = { deliveries, changedBy: result.changedBy };
  });
  return async (event: SQSEvent, receivedAt: number) => {
    const startedAt = performance.now();
    const visibleAt = receivedAt + queue.visibilityTimeoutMs - RESERVE_MS;
    const endsAt = Math.min(startedAt + TIMEOUT_MS, visibleAt);
    report = nothing;
    try {
      const response = await handler(event, contextUntil(endsAt));
      return { response, report };
    } finally {
      progress.invoked(performance.now() - startedAt);
    }
  };
}

/** The only part of the context that the function uses outside Lambda. */
function contextUntil(endsAt: number): Context {
  const context: Pick<Context, 'getRemainingTimeInMillis'> = {
    getRemainingTimeInMillis: () => Math.max(0, endsAt - performance.now()),
  };
  return context as Context;
}

/** Ends the run once nothing has come for a while, nothing is in hand, and SQS too says that the queue is empty. */
function watchEmptiness({ follow, sqs, queueUrl, queue, progress }: Drain, end: () => void) {
  let inHand = 0;
  let emptyInARow = 0;
  const check = async () => {
    const depth = await readDepth(sqs, queueUrl).catch(() => null);
    if (depth === null || inHand > 0 || emptyInARow < EMPTY_IN_A_ROW) return;
    // Without a dead-letter queue, rejected messages stay in this one.
    const staying = queue.hasDeadLetterQueue ? 0 : total(progress.summary().rejected);
    if (depth.visible + depth.hidden + depth.delayed <= staying) end();
  };
  return {
    begin() {
      inHand++;
      emptyInARow = 0;
    },
    end() {
      inHand--;
      emptyInARow = 0;
    },
    nothingCame() {
      if (follow || inHand > 0) return;
      emptyInARow++;
      if (emptyInARow >= EMPTY_IN_A_ROW) void check();
    },
  };
}

function isFinal(error: unknown): boolean {
  return error instanceof ConfigError || error instanceof KeyMismatchError;
}
