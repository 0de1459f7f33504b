import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { toRecord } from '../../lambda/queue/to-record.ts';

export interface Source {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
}

export interface BatchLimits {
  /** 1 to 10,000 records. */
  batchSize: number;
  /** How long a batch may wait for more after its first record. Lambda counts in seconds, this in milliseconds. */
  windowMs: number;
}

/** Lambda's limit for what one invocation may be given. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** `{"Records":[]}` around the records. */
const BYTES_AROUND_RECORDS = 14;
/** SQS gives at most ten messages a call, so a large batch takes calls side by side. */
const CALLS_AT_ONCE = 8;
const PAUSE_WHEN_EMPTY_MS = 5;

/**
 * Waits for a first message, then gathers more until size, window or payload limit is reached.
 *
 * @returns the records of each invocation: one, and a further one for what came beyond the payload limit
 */
export async function receiveBatch(source: Source, limits: BatchLimits, stop: AbortSignal): Promise<SQSRecord[][]> {
  const batch = await receive(source, { max: limits.batchSize, waitSeconds: 20, stop });
  if (batch.length === 0) return [];
  const until = performance.now() + limits.windowMs;
  let bytes = payloadBytes(batch);
  let asked = batch.length;
  let isOpen = true;
  const gather = async () => {
    while (isOpen && asked < limits.batchSize && bytes < MAX_PAYLOAD_BYTES && performance.now() < until) {
      const max = Math.min(10, limits.batchSize - asked);
      asked += max;
      const more = await receive(source, { max, waitSeconds: 0, stop }).catch(() => null);
      // What there is already must not wait for a visibility timeout because of an error, or of a stop.
      isOpen &&= more !== null && !stop.aborted;
      if (more === null) return;
      asked -= max - more.length;
      batch.push(...more);
      bytes += payloadBytes(more);
      if (more.length === 0) await new Promise((done) => setTimeout(done, PAUSE_WHEN_EMPTY_MS));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, gather));
  return bytes + BYTES_AROUND_RECORDS <= MAX_PAYLOAD_BYTES ? [batch] : [...inPayloads(batch)];
}

function* inPayloads(batch: readonly SQSRecord[]): Generator<SQSRecord[]> {
  let payload: SQSRecord[] = [];
  let bytes = BYTES_AROUND_RECORDS;
  for (const record of batch) {
    const size = payloadBytes([record]);
    if (payload.length > 0 && bytes + size > MAX_PAYLOAD_BYTES) {
      yield payload;
      payload = [];
      bytes = BYTES_AROUND_RECORDS;
    }
    payload.push(record);
    bytes += size;
  }
  if (payload.length > 0) yield payload;
}

async function receive(
  { sqs, queueUrl, queueArn }: Source,
  call: { max: number; waitSeconds: number; stop: AbortSignal },
): Promise<SQSRecord[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(10, call.max),
    WaitTimeSeconds: call.waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  // Only the long wait for a first message may be broken off: a lost answer hides its messages for a whole timeout.
  const { Messages = [] } = await sqs.send(command, call.waitSeconds > 0 ? { abortSignal: call.stop } : {});
  return Messages.map((message) => toRecord(message, queueArn));
}

/** As JSON, each with its comma: quotes in a body count twice. */
function payloadBytes(records: readonly SQSRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)) + 1, 0);
}
