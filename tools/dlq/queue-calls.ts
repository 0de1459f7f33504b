import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { inBatchesOfTen } from '../../lambda/queue/in-batches-of-ten.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';

export interface Timing {
  /** Longer than a look takes, so that no look sees a message twice. A killed run hides its messages for this long. */
  hideSeconds: number;
  /** Only a call that waits asks all of SQS's servers. */
  waitSeconds: number;
}

export const CALLS_AT_ONCE = 8;
export const MAX_PER_CALL = 10;

export async function receive({ sqs, url }: DeadLetterQueue, timing: Timing): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: MAX_PER_CALL,
    VisibilityTimeout: timing.hideSeconds,
    WaitTimeSeconds: timing.waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  return (await sqs.send(command)).Messages ?? [];
}

/** @returns the handles of the messages that could not be deleted; after a call that failed no other is made */
export function deleteMessages({ sqs, url }: DeadLetterQueue, handles: readonly string[]): Promise<string[]> {
  let isBroken = false;
  return inBatchesOfTen(handles, CALLS_AT_ONCE, async (ten) => {
    if (isBroken) return ten;
    try {
      const Entries = ten.map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle }));
      const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
      return Failed.map(({ Id }) => ten[Number(Id)] ?? '');
    } catch {
      isBroken = true;
      return ten;
    }
  });
}

/**
 * Ends early if SQS does not answer: each call would wait for seconds, and there are thousands.
 *
 * @returns how many stay hidden, without those that SQS says are visible or gone
 */
export async function giveBack({ sqs, url }: DeadLetterQueue, handles: readonly string[]): Promise<number> {
  let failures = 0;
  const failed = await inBatchesOfTen(handles, CALLS_AT_ONCE, async (ten) => {
    if (failures >= CALLS_AT_ONCE) return ten;
    try {
      const Entries = ten.map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle, VisibilityTimeout: 0 }));
      const { Failed = [] } = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
      failures = 0;
      return Failed.filter(({ SenderFault }) => !SenderFault).map(({ Id }) => ten[Number(Id)] ?? '');
    } catch {
      failures++;
      return ten;
    }
  });
  return failed.length;
}
