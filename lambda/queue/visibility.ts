import type { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT } from '../aws-client.ts';
import { sendInTens } from './send-in-tens.ts';

/** 10,000 rejected messages are 1,000 calls; side by side they take seconds instead of a minute. */
const CALLS_AT_ONCE = 16;

export interface Visibility {
  /**
   * Ends the wait of messages that will be rejected again, so that they reach the dead-letter queue at once.
   *
   * @returns how many could not be changed; those wait for the queue's own visibility timeout
   */
  makeVisibleNow(receiptHandles: readonly string[]): Promise<number>;
}

/** The AWS client is loaded by the first call, not at cold start: most batches reject nothing. */
export function createVisibility(queueUrl: string): Visibility {
  let client: Promise<SQSClient> | undefined;
  return {
    async makeVisibleNow(receiptHandles) {
      return (await sendInTens(receiptHandles, CALLS_AT_ONCE, changeBatch)).length;
    },
  };

  /** @returns those that could not be changed */
  async function changeBatch(receiptHandles: readonly string[]): Promise<readonly string[]> {
    try {
      const { ChangeMessageVisibilityBatchCommand } = await import('@aws-sdk/client-sqs');
      client ??= connect(queueUrl);
      const entries = receiptHandles.map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle, VisibilityTimeout: 0 }));
      const input = { QueueUrl: queueUrl, Entries: entries };
      const answer = await (await client).send(new ChangeMessageVisibilityBatchCommand(input));
      return (answer.Failed ?? []).flatMap(({ Id }) => receiptHandles[Number(Id)] ?? []);
    } catch {
      return receiptHandles;
    }
  }
}

/** The endpoint is the queue's: left to itself the client warns, at every call, where AWS_ENDPOINT_URL has another name. */
async function connect(queueUrl: string): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient({ ...AWS_CLIENT, endpoint: new URL(queueUrl).origin });
}
