import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import { toRecord } from '../../lambda/queue/to-record.ts';
import type { BusyQueue } from '../sqs/busy-queue.ts';

export interface Source {
  queue: BusyQueue;
  queueArn: string;
}

export interface BatchLimits {
  /** 1 to 10,000 records. */
  batchSize: number;
  /** How long a batch may wait for more after its first record. Lambda counts in seconds, this in milliseconds. */
  windowMs: number;
  /** How long one call waits for a first record: 1 to 20 seconds, 20 by default. */
  waitSeconds?: number;
}

export interface ReceivedBatch {
  /** The records of each invocation: usually one, a second for what exceeds the payload limit, none if nothing came. */
  payloads: SQSRecord[][];
  /** When the first came, on the clock of `performance.now`: its visibility timeout has run since. */
  receivedAt: number;
}

/** Lambda's limit for what one invocation may be given. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** `{"Records":[]}` around the records. */
const BYTES_AROUND_RECORDS = 14;
/** SQS gives at most ten messages a call, so a large batch takes calls side by side. */
const PER_CALL = 10;
const CALLS_AT_ONCE = 8;
/** Between calls to a queue that has nothing at the moment: a tenth of the window, since AWS charges for empty answers. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const LONGEST_UNBROKEN_SECONDS = 1;

/**
 * Waits for a first message, then gathers more until size, window or payload limit is reached.
 *
 * @param stop ends the wait for a first message, or the window
 * @throws what the first call threw; an error of a later one ends the window
 */
export async function receiveBatch(source: Source, limits: BatchLimits, stop: AbortSignal): Promise<ReceivedBatch> {
  const waitSeconds = limits.waitSeconds ?? 20;
  // Only a long wait is cancelled: a lost answer hides its messages for a whole visibility timeout.
  const signal = waitSeconds > LONGEST_UNBROKEN_SECONDS ? { signal: stop } : {};
  const records = await receive(source, { max: Math.min(PER_CALL, limits.batchSize), waitSeconds, ...signal });
  const receivedAt = performance.now();
  if (records.length === 0) return { payloads: [], receivedAt };
  const bytes = await gather(records, source, limits, stop);
  const isOne = bytes + BYTES_AROUND_RECORDS <= MAX_PAYLOAD_BYTES;
  return { payloads: isOne ? [records] : [...inPayloads(records)], receivedAt };
}

/** @returns the payload bytes of the batch with what it added */
async function gather(batch: SQSRecord[], source: Source, limits: BatchLimits, stop: AbortSignal): Promise<number> {
  const { batchSize, windowMs } = limits;
  const until = performance.now() + windowMs;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, windowMs / 10));
  let bytes = payloadBytes(batch);
  let asked = batch.length;
  let callers = 0;
  let isOpen = true;
  const isFull = () => asked >= batchSize || bytes >= MAX_PAYLOAD_BYTES;
  /** A full answer adds a caller; an empty one ends all but the last. */
  const caller = async (): Promise<void> => {
    callers++;
    while (isOpen && !stop.aborted && !isFull() && performance.now() < until) {
      const max = Math.min(PER_CALL, batchSize - asked);
      asked += max;
      // An error must not leave what has come already waiting for its visibility timeout.
      const more = await receive(source, { max, waitSeconds: 0 }).catch(() => null);
      isOpen &&= more !== null;
      if (more === null) break;
      asked -= max - more.length;
      batch.push(...more);
      bytes += payloadBytes(more);
      if (more.length === PER_CALL && callers < CALLS_AT_ONCE) helpers.push(caller());
      if (more.length > 0) continue;
      if (callers > 1) break;
      await sleep(pauseMs, null, { signal: stop }).catch(() => {});
    }
    callers--;
  };
  const helpers: Promise<void>[] = [];
  await caller();
  // The list grows while this loop runs.
  for (const helper of helpers) await helper;
  return bytes;
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

async function receive({ queue, queueArn }: Source, ask: Parameters<BusyQueue['receive']>[0]): Promise<SQSRecord[]> {
  const messages = await queue.receive(ask);
  return messages.map((message) => toRecord(message, queueArn));
}

/** Bytes as JSON, comma included: quotes in a body count twice. */
function payloadBytes(records: readonly SQSRecord[]): number {
  return records.reduce((sum, record) => sum + Buffer.byteLength(JSON.stringify(record)) + 1, 0);
}
