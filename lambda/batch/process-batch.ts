import type { SQSRecord } from 'aws-lambda';
import { MalformedEventError } from '../errors.ts';
import type { Masker } from '../masking/masker.ts';
import type { Identity } from '../message/identity.ts';
import type { LoginEvent } from '../message/login-event.ts';
import { type ParsedMessage, parseMessage } from '../message/parse-message.ts';
import type { LoginRow } from './login-row.ts';
import { isSuccess, type KeyOutage, type Outcome, type RowOutcome } from './outcome.ts';

export interface Writer {
  masker: Masker;
  /** An outcome per row, in their order. The rows come with unequal message ids, by ascending ledger key. */
  write(rows: readonly LoginRow[]): Promise<RowOutcome[]>;
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
  const { outcomeOf, ...counts } = 'outage' in parts ? allWait(parts.outage) : await maskAndWrite(parsed, parts);
  const deliveries = parsed.map((message, i): Delivery => {
    const record = records[i] as SQSRecord;
    if (!message.ok) return { record, outcome: { kind: 'rejected', reason: message.reason } };
    return { record, outcome: outcomeOf(message.identity) };
  });
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

interface Written {
  outcomeOf(identity: Identity): Outcome;
  unknownKeysDropped: number;
  nonIpTextsMasked: number;
}

function allWait(reason: KeyOutage): Written {
  return { outcomeOf: () => ({ kind: 'retry', reason }), unknownKeysDropped: 0, nonIpTextsMasked: 0 };
}

async function maskAndWrite(parsed: readonly ParsedMessage[], { masker, write }: Writer): Promise<Written> {
  const staged = new Map<string, LoginRow>();
  let unknownKeysDropped = 0;
  let nonIpTextsMasked = 0;
  for (const message of parsed) {
    if (!message.ok) continue;
    if (staged.has(message.identity.messageId)) continue;
    unknownKeysDropped += message.unknownKeys;
    const ip = masker.maskIp(message.event.ip);
    if (!ip.isAddress) nonIpTextsMasked++;
    const maskedDeviceId = masker.maskDeviceId(message.event.device_id);
    staged.set(
      message.identity.messageId,
      toRow(message.identity, message.event, { maskedIp: ip.masked, maskedDeviceId }),
    );
  }
  return { outcomeOf: await writeRows(staged, write), unknownKeysDropped, nonIpTextsMasked };
}

/**
 * @returns the outcome by message id; where one is in the batch twice, the second delivery of a stored one is a duplicate
 */
async function writeRows(
  staged: ReadonlyMap<string, LoginRow>,
  write: Writer['write'],
): Promise<(identity: Identity) => Outcome> {
  // In one order everywhere: two writers that lock the same ledger keys in opposite orders deadlock (40P01, 10 of 10).
  const rows = [...staged.values()].sort((a, b) => a.sentAt - b.sentAt || (a.messageId < b.messageId ? -1 : 1));
  const written = await write(rows);
  if (written.length !== rows.length) throw new RangeError('the write did not give an outcome for every row');
  const outcomes = new Map<string, Outcome>(rows.map((row, i) => [row.messageId, written[i] as Outcome]));
  return ({ messageId, sentAt }) => {
    // Not the same message, whatever its attributes claim, and one statement cannot tell the two apart: it may read
    // the ledger's message ids and nothing else. Alone it can be decided.
    if (staged.get(messageId)?.sentAt !== sentAt) return { kind: 'retry', reason: 'id_clash' };
    const outcome = outcomes.get(messageId) as Outcome;
    if (outcome.kind === 'stored') outcomes.set(messageId, { kind: 'duplicate' });
    return outcome;
  };
}

function toRow(identity: Identity, event: LoginEvent, masked: Pick<LoginRow, 'maskedIp' | 'maskedDeviceId'>): LoginRow {
  return {
    ...identity,
    ...masked,
    userId: event.user_id,
    deviceType: event.device_type,
    locale: event.locale,
    appVersion: event.app_version,
  };
}
