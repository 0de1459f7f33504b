import type { SQSClient } from '@aws-sdk/client-sqs';

/** The API's limit. */
const ENTRIES_PER_CALL = 10;
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
      const calls = chunksOf(receiptHandles, ENTRIES_PER_CALL);
      let failed = 0;
      const worker = async () => {
        for (let call = calls.pop(); call; call = calls.pop()) failed += await changeBatch(call);
      };
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
      return failed;
    },
  };

  async function changeBatch(receiptHandles: readonly string[]): Promise<number> {
    try {
      const { ChangeMessageVisibilityBatchCommand } = await import('@aws-sdk/client-sqs');
      client ??= connect();
      const entries = receiptHandles.map((ReceiptHandle, i) => ({ Id: `${i}`, ReceiptHandle, VisibilityTimeout: 0 }));
      const input = { QueueUrl: queueUrl, Entries: entries };
      const answer = await (await client).send(new ChangeMessageVisibilityBatchCommand(input));
      return answer.Failed?.length ?? 0;
    } catch {
      return receiptHandles.length;
    }
  }
}

async function connect(): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  return new SQSClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 } });
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
