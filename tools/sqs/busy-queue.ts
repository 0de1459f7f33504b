import { hash } from 'node:crypto';
import type { BatchResultErrorEntry, Message, SendMessageBatchResult, SQSClient } from '@aws-sdk/client-sqs';
import { createSignedCalls } from './signed-calls.ts';

/** The calls that are made for every ten messages; at most ten a call. Each throws if the whole call fails. */
export interface BusyQueue {
  receive(ask: { max: number; waitSeconds: number; signal?: AbortSignal }): Promise<Message[]>;
  /** @returns the positions of those that were not deleted */
  deleteBatch(receiptHandles: readonly string[]): Promise<number[]>;
  /**
   * @param onSent called with the id of each that SQS accepted
   * @returns the positions of those that it refused, and its code for why
   */
  sendBatch(bodies: readonly string[], onSent?: OnSent): Promise<{ position: number; code: string }[]>;
  close(): void;
}

export type OnSent = (position: number, messageId: string) => void;

interface BatchAnswer {
  Failed?: BatchResultErrorEntry[];
}

export function createBusyQueue(sqs: SQSClient, QueueUrl: string): BusyQueue {
  const { call, close } = createSignedCalls(sqs, QueueUrl);
  return {
    close,
    async receive({ max, waitSeconds, signal }) {
      const ask = {
        QueueUrl,
        MaxNumberOfMessages: max,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      };
      const { Messages = [] } = await call<{ Messages?: Message[] }>('ReceiveMessage', ask, { waitSeconds, signal });
      for (const message of Messages) checkBody(message.Body, message.MD5OfBody);
      return Messages.map(decodeBinary);
    },
    async deleteBatch(receiptHandles) {
      const Entries = receiptHandles.map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle }));
      const { Failed = [] } = await call<BatchAnswer>('DeleteMessageBatch', { QueueUrl, Entries });
      return Failed.map(({ Id }) => Number(Id));
    },
    async sendBatch(bodies, onSent) {
      const Entries = bodies.map((MessageBody, i) => ({ Id: `${i}`, MessageBody }));
      const answer = await call<Partial<SendMessageBatchResult>>('SendMessageBatch', { QueueUrl, Entries });
      for (const { Id, MessageId = '', MD5OfMessageBody } of answer.Successful ?? []) {
        checkBody(bodies[Number(Id)], MD5OfMessageBody);
        onSent?.(Number(Id), MessageId);
      }
      return (answer.Failed ?? []).map(({ Id, Code }) => ({ position: Number(Id), code: Code ?? 'unknown' }));
    },
  };
}

/** Does what the SDK's client does: a damaged answer fails the call, and its messages come again. */
function checkBody(body = '', md5 = ''): void {
  if (hash('md5', body) !== md5) throw new Error('A message body does not match its MD5 checksum.');
}

/** Binary values are base64 in JSON. */
function decodeBinary(message: Message): Message {
  for (const value of Object.values(message.MessageAttributes ?? {})) {
    const encoded = value.BinaryValue as unknown as string | undefined;
    if (encoded !== undefined) value.BinaryValue = Buffer.from(encoded, 'base64');
  }
  return message;
}
