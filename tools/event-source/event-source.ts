import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { inBatchesOfTen } from '../../lambda/queue/in-batches-of-ten.ts';
import { keptMessageIds } from './batch-response.ts';
import { type BatchLimits, receiveBatch, type Source } from './receive-batch.ts';

export interface EventSourceOptions extends Source, BatchLimits {
  /** One invocation of the function; a throw stands for a function error. */
  invoke(event: SQSEvent): Promise<unknown>;
  onBatch?(done: BatchDone): void;
}

export interface BatchDone {
  messageIds: readonly string[];
  /** Left in the queue, to come again when their visibility timeout is over. */
  kept: ReadonlySet<string>;
  /** What the invocation threw, if it did. */
  error?: unknown;
}

export interface EventSource {
  /** Takes no further message, and waits for the batch in hand. */
  stop(): Promise<void>;
}

const DELETES_AT_ONCE = 8;
const PAUSE_AFTER_ERROR_MS = 500;

/**
 * Does what Lambda's event source mapping does, one batch after another: gathers, invokes, and deletes what succeeded.
 * What failed stays, and SQS itself gives it back or moves it to the dead-letter queue.
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        const payloads = await receiveBatch(options, options, stopping.signal);
        for (const records of payloads) await process(records, options);
      } catch {
        if (!stopping.signal.aborted) await sleep(PAUSE_AFTER_ERROR_MS);
      }
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function process(records: SQSRecord[], options: EventSourceOptions): Promise<void> {
  const messageIds = records.map(({ messageId }) => messageId);
  let failed: ReadonlySet<string>;
  let error: unknown;
  try {
    failed = keptMessageIds(await options.invoke({ Records: records }), messageIds);
  } catch (thrown) {
    failed = new Set(messageIds);
    error = thrown ?? new Error('the function failed without an error');
  }
  const undeleted = await deleteMessages(
    records.filter(({ messageId }) => !failed.has(messageId)),
    options,
  );
  options.onBatch?.({
    messageIds,
    kept: new Set([...failed, ...undeleted.map(({ messageId }) => messageId)]),
    ...(error !== undefined && { error }),
  });
}

/** @returns those that could not be deleted: they come again, and the function knows them by its ledger */
function deleteMessages(records: readonly SQSRecord[], { sqs, queueUrl }: Source): Promise<SQSRecord[]> {
  return inBatchesOfTen(records, DELETES_AT_ONCE, (ten) => {
    const Entries = ten.map(({ receiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle: receiptHandle }));
    return sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries })).then(
      ({ Failed = [] }) => Failed.flatMap(({ Id }) => ten[Number(Id)] ?? []),
      () => ten,
    );
  });
}
