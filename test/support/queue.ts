import {
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { startQueueServer } from '../../localstack/embedded/sqs/queue-server.ts';
import { createQueues, type QueueDepth, type QueueSettings, queueDepth } from '../../localstack/embedded/sqs/queues.ts';
import { type BatchDone, startEventSource } from '../../tools/event-source/event-source.ts';
import type { BatchLimits } from '../../tools/event-source/receive-batch.ts';

export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:login-queue';

export interface TestQueue {
  sqs: SQSClient;
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
  stop(): Promise<void>;
}

/** A real SQS server with an empty queue and its dead-letter queue, which end with the test. */
export async function createQueue(settings: Partial<QueueSettings> = {}): Promise<TestQueue> {
  const { sqs, endpoint, stop } = await startQueueServer();
  onTestFinished(stop);
  const all = { visibilityTimeoutSeconds: 300, maxReceiveCount: 10, ...settings };
  const { queueUrl, deadLetterQueueUrl } = await createQueues(sqs, endpoint, all);
  return {
    sqs,
    endpoint,
    url: queueUrl,
    async send(MessageBody, MessageAttributes) {
      const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageAttributes });
      return (await sqs.send(command)).MessageId ?? '';
    },
    async sendMany(count) {
      for (let sent = 0; sent < count; sent += 10) {
        const ids = Array.from({ length: Math.min(10, count - sent) }, (_, i) => `${sent + i}`);
        const Entries = ids.map((Id) => ({ Id, MessageBody: Id }));
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
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
      const source = startEventSource({
        batchSize: 10,
        windowMs: 100,
        ...limits,
        sqs,
        queueUrl,
        queueArn: QUEUE_ARN,
        invoke(event) {
          batches.push(event.Records);
          return invoke(event);
        },
        onBatch: (batch) => void done.push(batch),
      });
      onTestFinished(source.stop);
      return { batches, done, stop: source.stop };
    },
  };
}

/** Lets the next call of this kind fail before it reaches the server. */
export function failNextCall(sqs: SQSClient, command: string): void {
  let isArmed = true;
  sqs.middlewareStack.add(
    (next, context) => (args) => {
      if (!isArmed || context.commandName !== command) return next(args);
      isArmed = false;
      throw Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
    },
    { step: 'initialize' },
  );
}
