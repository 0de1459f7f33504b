import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { inBatchesOfTen } from '../../../lambda/queue/in-batches-of-ten.ts';
import { toRecord } from '../../../lambda/queue/to-record.ts';

/** What drains a queue, until it is stopped. */
export interface Drainer {
  stop(): Promise<void>;
}

export interface DrainerOptions {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  batchSize: number;
  windowMs: number;
  /** Throws where a message was not stored. */
  invoke(event: SQSEvent): Promise<void>;
  onDeleted(messages: number): void;
}

const CALLS_AT_ONCE = 8;

/** The usual way, and ours until November 2026: every call by the SDK's client, and one step after the other. */
export function startSdkSource(options: DrainerOptions): Drainer {
  let isStopping = false;
  const loop = async () => {
    while (!isStopping) {
      const Records = await gather(options);
      if (Records.length === 0) continue;
      await options.invoke({ Records });
      await remove(Records, options);
      options.onDeleted(Records.length);
    }
  };
  const running = loop();
  return {
    async stop() {
      isStopping = true;
      await running;
    },
  };
}

async function gather(options: DrainerOptions): Promise<SQSRecord[]> {
  const batch = await receive(options, 1);
  const until = performance.now() + options.windowMs;
  let isOpen = batch.length > 0;
  const caller = async () => {
    while (isOpen && batch.length + 10 * CALLS_AT_ONCE <= options.batchSize && performance.now() < until) {
      const more = await receive(options, 0);
      // The bytes of a batch are counted, because Lambda has a limit for them.
      for (const record of more) isOpen &&= Buffer.byteLength(JSON.stringify(record)) > 0;
      batch.push(...more);
      if (more.length === 0) await new Promise((done) => setTimeout(done, 5));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
  return batch;
}

async function receive({ sqs, queueUrl, queueArn }: DrainerOptions, waitSeconds: number): Promise<SQSRecord[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages = [] } = await sqs.send(command);
  return Messages.map((message) => toRecord(message, queueArn));
}

async function remove(records: readonly SQSRecord[], { sqs, queueUrl }: DrainerOptions): Promise<void> {
  await inBatchesOfTen(records, CALLS_AT_ONCE, async (ten) => {
    const Entries = ten.map(({ receiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle: receiptHandle }));
    const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`SQS did not delete ${Failed.length} messages.`);
    return [];
  });
}
