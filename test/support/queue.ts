import {
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { startQueueServer } from '../../localstack/embedded/sqs/queue-server.ts';
import { createQueues, type QueueDepth, type QueueSettings, queueDepth } from '../../localstack/embedded/sqs/queues.ts';
import { type BatchDone, startEventSource } from '../../tools/event-source/event-source.ts';
import type { BatchLimits } from '../../tools/event-source/receive-batch.ts';
import { type BusyQueue, createBusyQueue } from '../../tools/sqs/busy-queue.ts';

export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:login-queue';

export interface TestQueue {
  sqs: SQSClient;
  /** What event source and sender call. */
  busy: BusyQueue;
  endpoint: string;
  url: string;
  /** @returns the message's id */
  send(body: string, attributes?: Record<string, MessageAttributeValue>): Promise<string>;
  sendMany(count: number): Promise<void>;
  depth(): Promise<QueueDepth>;
  /** One receive of what is there at this moment. */
  receive(from?: 'queue' | 'dead letters'): Promise<Message[]>;
  listen(invoke: Invoke, limits?: Partial<BatchLimits>): Listener;
}

export type Invoke = (event: SQSEvent) => Promise<unknown>;

export interface Listener {
  /** What each invocation was given. */
  batches: SQSRecord[][];
  /** What became of each batch. */
  done: BatchDone[];
  /** The errors of calls for a first message, by name. */
  errors: string[];
  /** One for each wait that ended without a message. */
  empties: true[];
  stop(): Promise<void>;
}

/** A real SQS server with an empty queue and its dead-letter queue, which end with the test. */
export async function createQueue(settings: Partial<QueueSettings> = {}): Promise<TestQueue> {
  const { sqs, endpoint, stop } = await startQueueServer();
  onTestFinished(stop);
  const all = { visibilityTimeoutSeconds: 300, maxReceiveCount: 10, ...settings };
  const { queueUrl, deadLetterQueueUrl } = await createQueues(sqs, endpoint, all);
  const busy = createBusyQueue(sqs, queueUrl);
  onTestFinished(busy.close);
  return {
    sqs,
    busy,
    endpoint,
    url: queueUrl,
    async send(MessageBody, MessageAttributes) {
      const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageAttributes });
      return (await sqs.send(command)).MessageId ?? '';
    },
    async sendMany(count) {
      for (let sent = 0; sent < count; sent += 10) {
        const ids = Array.from({ length: Math.min(10, count - sent) }, (_, i) => `${sent + i}`);
        await busy.sendBatch(ids);
      }
    },
    depth: () => queueDepth(sqs, queueUrl),
    async receive(from = 'queue') {
      const QueueUrl = from === 'queue' ? queueUrl : deadLetterQueueUrl;
      const names = { MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All' as const] };
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...names });
      return (await sqs.send(command)).Messages ?? [];
    },
    listen(invoke, limits = {}) {
      const batches: SQSRecord[][] = [];
      const done: BatchDone[] = [];
      const errors: string[] = [];
      const empties: true[] = [];
      const source = startEventSource({
        batchSize: 10,
        windowMs: 100,
        ...limits,
        queue: busy,
        queueArn: QUEUE_ARN,
        async invoke(event) {
          batches.push(event.Records);
          return { response: await invoke(event) };
        },
        onBatch: (batch) => void done.push(batch),
        onEmpty: () => void empties.push(true),
        onError: (error) => void errors.push((error as Error).name),
      });
      onTestFinished(source.stop);
      return { batches, done, errors, empties, stop: source.stop };
    },
  };
}

/** Makes the next call of this kind fail before it reaches the server. */
export function failNextCall(busy: BusyQueue, kind: 'receive' | 'deleteBatch'): void {
  const call = busy[kind];
  busy[kind] = async () => {
    Object.assign(busy, { [kind]: call });
    throw Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
  };
}
