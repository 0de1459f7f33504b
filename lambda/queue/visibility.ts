import type { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT } from '../settings/aws-client.ts';
import { inBatchesOfTen } from './in-batches-of-ten.ts';

/** 10,000 failed messages are 1,000 calls; side by side they take seconds instead of a minute. */
const CALLS_AT_ONCE = 16;

export interface NextTry {
  receiptHandle: string;
  /** Seconds from now; 0 is at once. */
  seconds: number;
}

export interface Visibility {
  /**
   * Says when messages that were not stored come again, in their order.
   *
   * @param deadline on the clock of `performance.now`; calls that are under way then are broken off
   * @returns how many it could not be said of; those wait for the queue's own visibility timeout
   */
  schedule(tries: readonly NextTry[], deadline?: number): Promise<number>;
}

/** The AWS client is loaded by the first call, not at cold start: most batches store everything. */
export function createVisibility(queueUrl: string): Visibility {
  let client: Promise<SQSClient> | undefined;

  /** @returns those that could not be changed */
  async function changeBatch(tries: readonly NextTry[], signal: AbortSignal | undefined): Promise<readonly NextTry[]> {
    const { ChangeMessageVisibilityBatchCommand } = await import('@aws-sdk/client-sqs');
    client ??= connect(queueUrl);
    const Entries = tries.map(({ receiptHandle, seconds }, i) => ({
      Id: `${i}`,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
    const answer = await (await client).send(command, signal ? { abortSignal: signal } : {});
    return (answer.Failed ?? []).flatMap(({ Id }) => tries[Number(Id)] ?? []);
  }

  return {
    async schedule(tries, deadline = Number.POSITIVE_INFINITY) {
      // If SQS itself is away or slow, a thousand calls would each wait for it, and the function would be cut off.
      let isAway = false;
      const signal = signalAt(deadline);
      const failed = await inBatchesOfTen(tries, CALLS_AT_ONCE, async (ten) => {
        if (isAway) return ten;
        try {
          return await changeBatch(ten, signal);
        } catch {
          isAway = true;
          return ten;
        }
      });
      return failed.length;
    },
  };
}

function signalAt(deadline: number): AbortSignal | undefined {
  if (deadline === Number.POSITIVE_INFINITY) return undefined;
  return AbortSignal.timeout(Math.max(0, Math.floor(deadline - performance.now())));
}

/** The endpoint is the queue's: left to itself the client warns, at every call, where AWS_ENDPOINT_URL has another name. */
async function connect(queueUrl: string): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient({ ...AWS_CLIENT, endpoint: new URL(queueUrl).origin });
}
