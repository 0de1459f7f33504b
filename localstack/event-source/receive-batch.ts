import { type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface BatchLimits {
  /** 1 to 10,000 records. */
  batchSize: number;
  /** How long a batch may wait for more after its first record. Lambda counts in seconds, this in milliseconds. */
  windowMs: number;
}

/** Lambda's limit for what one invocation may be given. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** A record is more than its body: ids, attributes and JSON around them. */
const BYTES_AROUND_BODY = 1_000;
/** SQS gives at most ten messages a call, so a large batch takes calls side by side. */
const CALLS_AT_ONCE = 8;
const PAUSE_WHEN_EMPTY_MS = 5;

/** Waits for a first message, then gathers more until size, window or payload limit is reached. */
export async function receiveBatch(
  sqs: SQSClient,
  queueUrl: string,
  limits: BatchLimits,
  stop: AbortSignal,
): Promise<Message[]> {
  const batch = await receive(sqs, queueUrl, { max: limits.batchSize, waitSeconds: 20, stop });
  if (batch.length === 0) return batch;
  const until = performance.now() + limits.windowMs;
  let bytes = payloadBytes(batch);
  let asked = batch.length;
  const gather = async () => {
    while (asked < limits.batchSize && bytes < MAX_PAYLOAD_BYTES && performance.now() < until) {
      const max = Math.min(10, limits.batchSize - asked);
      asked += max;
      const more = await receive(sqs, queueUrl, { max, waitSeconds: 0, stop });
      asked -= max - more.length;
      batch.push(...more);
      bytes += payloadBytes(more);
      if (more.length === 0) await new Promise((done) => setTimeout(done, PAUSE_WHEN_EMPTY_MS));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, gather));
  return batch;
}

async function receive(
  sqs: SQSClient,
  queueUrl: string,
  call: { max: number; waitSeconds: number; stop: AbortSignal },
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(10, call.max),
    WaitTimeSeconds: call.waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  // Only the long wait for a first message may be broken off: a lost answer hides its messages for a whole timeout.
  const { Messages = [] } = await sqs.send(command, call.waitSeconds > 0 ? { abortSignal: call.stop } : {});
  return Messages;
}

function payloadBytes(messages: readonly Message[]): number {
  return messages.reduce((sum, { Body = '' }) => sum + Buffer.byteLength(Body) + BYTES_AROUND_BODY, 0);
}
