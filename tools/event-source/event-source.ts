import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { inBatchesOfTen } from '../../lambda/queue/in-batches-of-ten.ts';
import type { BusyQueue } from '../sqs/busy-queue.ts';
import { keptMessageIds } from './batch-response.ts';
import { type BatchLimits, type ReceivedBatch, receiveBatch, type Source } from './receive-batch.ts';

export interface EventSourceOptions<Given extends InvocationAnswer> extends Source, BatchLimits {
  /**
   * One invocation of the function, never two at once; a throw stands for a function error.
   *
   * @param receivedAt when the first record came, on the clock of `performance.now`
   */
  invoke(event: SQSEvent, receivedAt: number): Promise<Given>;
  /** Called for each batch once its successes are deleted, in the order of the invocations. */
  onBatch?(done: BatchDone<Given>): void;
  /** Called when a wait for a first message ended without one. */
  onEmpty?(): void;
  /** Called when that wait failed; it begins again in half a second. */
  onError?(error: unknown): void;
}

/** What a function gives back: the response that Lambda would see, and whatever else its runner wants to keep. */
export interface InvocationAnswer {
  response: unknown;
}

export interface BatchDone<Given extends InvocationAnswer = InvocationAnswer> {
  messageIds: readonly string[];
  /** Left in the queue, to come again when their visibility timeout is over. */
  kept: ReadonlySet<string>;
  answer?: Given;
  /** What the invocation threw, if it did. */
  error?: unknown;
}

export interface EventSource {
  /** Receives nothing more, and waits for what it has. */
  stop(): Promise<void>;
}

const DELETES_AT_ONCE = 8;
const PAUSE_AFTER_ERROR_MS = 500;

/**
 * Does what Lambda's event source mapping does: gathers, invokes, and deletes what succeeded. What failed stays, and SQS
 * delivers it again or moves it to the dead-letter queue. The three overlap, with at most one batch in each.
 */
export function startEventSource<Given extends InvocationAnswer>(options: EventSourceOptions<Given>): EventSource {
  const stopping = new AbortController();
  const running = poll(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function poll<Given extends InvocationAnswer>(
  options: EventSourceOptions<Given>,
  stop: AbortSignal,
): Promise<void> {
  let invoked: Promise<unknown> = Promise.resolve();
  let deleted: Promise<void> = Promise.resolve();
  let deletedBefore = deleted;
  while (!stop.aborted) {
    const { payloads, receivedAt } = await receiveOrPause(options, stop);
    for (const records of payloads) {
      await Promise.all([invoked, deletedBefore]);
      const invocation = invoke(records, receivedAt, options);
      invoked = invocation;
      deletedBefore = deleted;
      deleted = Promise.all([invocation, deleted]).then(([done]) => finish(records, done, options));
    }
  }
  await deleted;
}

async function receiveOrPause<Given extends InvocationAnswer>(
  options: EventSourceOptions<Given>,
  stop: AbortSignal,
): Promise<ReceivedBatch> {
  try {
    const batch = await receiveBatch(options, options, stop);
    if (batch.payloads.length === 0) options.onEmpty?.();
    return batch;
  } catch (error) {
    if (!stop.aborted) {
      options.onError?.(error);
      await sleep(PAUSE_AFTER_ERROR_MS);
    }
    return { payloads: [], receivedAt: performance.now() };
  }
}

type Invoked<Given extends InvocationAnswer> = Pick<BatchDone<Given>, 'answer' | 'error'>;

async function invoke<Given extends InvocationAnswer>(
  Records: SQSRecord[],
  receivedAt: number,
  options: EventSourceOptions<Given>,
): Promise<Invoked<Given>> {
  try {
    return { answer: await options.invoke({ Records }, receivedAt) };
  } catch (thrown) {
    return { error: thrown ?? new Error('the function failed without an error') };
  }
}

async function finish<Given extends InvocationAnswer>(
  records: readonly SQSRecord[],
  invoked: Invoked<Given>,
  { queue, onBatch }: EventSourceOptions<Given>,
): Promise<void> {
  const messageIds = records.map(({ messageId }) => messageId);
  const failed = 'error' in invoked ? new Set(messageIds) : keptMessageIds(invoked.answer?.response, messageIds);
  const done = records.filter(({ messageId }) => !failed.has(messageId));
  const undeleted = await deleteMessages(done, queue);
  onBatch?.({ messageIds, kept: new Set([...failed, ...undeleted.map(({ messageId }) => messageId)]), ...invoked });
}

/** @returns the ones that could not be deleted: they come again, and the function's ledger recognises them */
function deleteMessages(records: readonly SQSRecord[], queue: BusyQueue): Promise<SQSRecord[]> {
  return inBatchesOfTen(records, DELETES_AT_ONCE, (ten) =>
    queue.deleteBatch(ten.map(({ receiptHandle }) => receiptHandle)).then(
      (failed) => failed.flatMap((i) => ten[i] ?? []),
      () => ten,
    ),
  );
}
