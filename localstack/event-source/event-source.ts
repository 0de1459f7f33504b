import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { failedMessageIds } from './batch-response.ts';
import { type BatchLimits, receiveBatch } from './receive-batch.ts';
import { toRecord } from './to-record.ts';

export interface EventSourceOptions extends BatchLimits {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
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
        const batch = await receiveBatch(options.sqs, options.queueUrl, options, stopping.signal);
        if (batch.length > 0) await process(batch, options);
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

async function process(batch: readonly Message[], options: EventSourceOptions): Promise<void> {
  const records = batch.map((message) => toRecord(message, options.queueArn));
  const messageIds = records.map(({ messageId }) => messageId);
  let failed: ReadonlySet<string>;
  let error: unknown;
  try {
    failed = failedMessageIds(await options.invoke({ Records: records }), messageIds);
  } catch (thrown) {
    failed = new Set(messageIds);
    error = thrown ?? new Error('the function failed without an error');
  }
  const undeleted = await deleteMessages(
    batch.filter(({ MessageId = '' }) => !failed.has(MessageId)),
    options,
  );
  options.onBatch?.({ messageIds, kept: new Set([...failed, ...undeleted]), ...(error !== undefined && { error }) });
}

/** @returns the ids of those that could not be deleted: they come again, and the function knows them by its ledger */
async function deleteMessages(messages: readonly Message[], options: EventSourceOptions): Promise<string[]> {
  const undeleted: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let from = next; from < messages.length; from = next) {
      next += 10;
      const chunk = messages.slice(from, from + 10);
      const Entries = chunk.map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle }));
      const command = new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries });
      const failed = await options.sqs.send(command).then(
        ({ Failed = [] }) => Failed.map(({ Id }) => chunk[Number(Id)]),
        () => chunk,
      );
      undeleted.push(...failed.map((message) => message?.MessageId ?? ''));
    }
  };
  await Promise.all(Array.from({ length: DELETES_AT_ONCE }, worker));
  return undeleted;
}
