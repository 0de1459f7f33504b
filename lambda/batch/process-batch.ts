import type { SQSRecord } from 'aws-lambda';
import { MalformedEventError } from '../errors.ts';
import type { Masker } from '../masking/masker.ts';
import { type ParsedMessage, parseMessage } from '../message/parse-message.ts';
import { type Changed, countChanged } from './changed.ts';
import type { ClassifiedError } from './classified-error.ts';
import { type Claim, type Distinct, distinct } from './distinct.ts';
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

/** `outage`: there are no keys, so nothing can be masked or written. */
export type WriterOrOutage = Writer | { outage: KeyOutage };

export type BatchParts = WriterOrOutage & {
  /** Milliseconds since 1970. */
  now(): number;
};

export interface BatchResult extends Changed {
  /** One per record, in the batch's order. */
  deliveries: readonly Delivery[];
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
  const batch = distinct(parsed);
  const outcomes = 'outage' in parts ? waitForKeys(parsed, parts.outage) : await maskAndWrite(batch, parts);
  const deliveries = records.map((record, i): Delivery => ({ record, outcome: outcomes[i] as Outcome }));
  return { deliveries, ...countChanged(batch.messages) };
}

/** The ids to report as `batchItemFailures`: every message not stored, each once. */
export function failedMessageIds(deliveries: readonly Delivery[]): string[] {
  return [...new Set(deliveries.filter(({ outcome }) => !isSuccess(outcome)).map(({ record }) => record.messageId))];
}

function requireMessageIds(records: readonly SQSRecord[]): void {
  const nameless = records.filter((record) => typeof record?.messageId !== 'string' || record.messageId === '').length;
  if (nameless > 0) {
    throw new MalformedEventError(
      `${nameless} of ${records.length} records have no messageId: this is not an SQS batch.`,
    );
  }
}

function waitForKeys(parsed: readonly ParsedMessage[], outage: KeyOutage): Outcome[] {
  return parsed.map((message) =>
    message.ok ? { kind: 'retry', reason: outage } : { kind: 'rejected', reason: message.reason },
  );
}

/** @returns an outcome per claim, in their order */
async function maskAndWrite({ messages, claims }: Distinct, writer: Writer): Promise<Outcome[]> {
  const rows = maskWhenRead(messages, writer.masker);
  const written = await writeIsolating(rows.length, {
    insert: (from, to) => writer.insert(rows.part(from, to)),
    classify: writer.classify,
  });
  return claims.map((claim) => outcomeOf(claim, written));
}

function outcomeOf(claim: Claim, written: readonly RowOutcome[]): Outcome {
  if ('rejected' in claim) return { kind: 'rejected', reason: claim.rejected };
  if ('clashesWith' in claim) return { kind: 'retry', reason: 'id_clash' };
  const outcome = written[claim.distinct.index] as RowOutcome;
  return claim.isRepeat && outcome.kind === 'stored' ? { kind: 'duplicate' } : outcome;
}
