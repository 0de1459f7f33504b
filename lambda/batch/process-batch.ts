import type { SQSRecord } from 'aws-lambda';
import { MalformedEventError } from '../errors.ts';
import type { Masker } from '../masking/masker.ts';
import { type ParsedMessage, parseMessage } from '../message/parse-message.ts';
import type { ClassifiedError } from './classified-error.ts';
import { type Claim, distinct, type ValidMessage } from './distinct.ts';
import { writeIsolating } from './isolate.ts';
import { type InsertOutcome, isSuccess, type KeyOutage, type Outcome, type RowOutcome } from './outcome.ts';
import { maskWhenRead, type PendingRows } from './pending-rows.ts';

export interface Writer {
  masker: Masker;
  /**
   * Writes all the rows or none; they have unequal message ids and ascend by ledger key.
   *
   * @returns an outcome per row, in their order
   */
  insert(rows: PendingRows): Promise<readonly InsertOutcome[]>;
  /** null: not an error of the write. */
  classify(error: unknown): ClassifiedError | null;
}

/** `outage`: there are no keys, so nothing can be masked, and there is nothing to write with. */
export type WriterOrOutage = Writer | { outage: KeyOutage };

export type BatchParts = WriterOrOutage & {
  /** Milliseconds since 1970. */
  now(): number;
};

export interface BatchResult {
  /** One per record, in the batch's order. */
  deliveries: readonly Delivery[];
  unknownKeysDropped: number;
  nonIpTextsMasked: number;
}

export interface Delivery {
  record: SQSRecord;
  outcome: Outcome;
}

/**
 * Parses, masks and writes one batch. Each record gets its verdict as if it had come alone; the write is tried for all
 * valid ones at once. In an outage of the keys they all wait.
 *
 * @throws MalformedEventError when a record has no messageId, since its failure could not be reported
 */
export async function processBatch(records: readonly SQSRecord[], parts: BatchParts): Promise<BatchResult> {
  requireMessageIds(records);
  const now = parts.now();
  const parsed = records.map((record) => parseMessage(record, now));
  const { outcomes, ...counts } =
    'outage' in parts ? waitForKeys(parsed, parts.outage) : await maskAndWrite(parsed, parts);
  const deliveries = records.map((record, i): Delivery => ({ record, outcome: outcomes[i] as Outcome }));
  return { deliveries, ...counts };
}

/** The ids to report as `batchItemFailures`: every message not stored, each once. */
export function failedMessageIds(deliveries: readonly Delivery[]): string[] {
  return [...new Set(deliveries.filter(({ outcome }) => !isSuccess(outcome)).map(({ record }) => record.messageId))];
}

function requireMessageIds(records: readonly SQSRecord[]): void {
  const nameless = records.filter((record) => typeof record?.messageId !== 'string' || record.messageId === '').length;
  if (nameless > 0) {
    throw new MalformedEventError(`${nameless} of ${records.length} records have no messageId: this is no SQS batch.`);
  }
}

interface Processed {
  /** One per parsed message, in their order. */
  outcomes: readonly Outcome[];
  unknownKeysDropped: number;
  nonIpTextsMasked: number;
}

function waitForKeys(parsed: readonly ParsedMessage[], outage: KeyOutage): Processed {
  const outcomes = parsed.map(
    (message): Outcome =>
      message.ok ? { kind: 'retry', reason: outage } : { kind: 'rejected', reason: message.reason },
  );
  return { outcomes, unknownKeysDropped: 0, nonIpTextsMasked: 0 };
}

async function maskAndWrite(parsed: readonly ParsedMessage[], writer: Writer): Promise<Processed> {
  const { messages, claims } = distinct(parsed);
  const rows = maskWhenRead(messages, writer.masker);
  const written = await writeIsolating(rows.length, {
    insert: (from, to) => writer.insert(rows.part(from, to)),
    classify: writer.classify,
  });
  const outcomeOf = new Map(messages.map((message, i) => [message, written[i] as RowOutcome]));
  return {
    outcomes: claims.map((claim) => outcomeOfClaim(claim, outcomeOf)),
    unknownKeysDropped: messages.reduce((sum, { unknownKeys }) => sum + unknownKeys, 0),
    nonIpTextsMasked: rows.nonIpTextsMasked(),
  };
}

function outcomeOfClaim(claim: Claim, written: ReadonlyMap<ValidMessage, RowOutcome>): Outcome {
  if ('rejected' in claim) return { kind: 'rejected', reason: claim.rejected };
  if ('clashesWith' in claim) return { kind: 'retry', reason: 'id_clash' };
  const outcome = written.get(claim.message) as RowOutcome;
  return claim.isRepeat && outcome.kind === 'stored' ? { kind: 'duplicate' } : outcome;
}
