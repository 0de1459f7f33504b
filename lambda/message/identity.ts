import { createHash } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';

/** Message attributes by which an operator's redrive says which message this was before it was sent again. */
export const ORIGIN_ATTRIBUTES = { messageId: 'origin_message_id', sentAt: 'origin_sent_at' } as const;

/**
 * How long the ledger remembers a message: longer than queue (7 days) and dead-letter queue (14 days) together can
 * hold one, so that none outlives its entry. What comes later could be stored twice.
 */
export const LEDGER_RETENTION_DAYS = 35;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Attributes as SQS gives them. */
const LOWER_CASE_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Milliseconds since 1970 of at most 13 digits, which lasts until 2286. */
const EPOCH_MILLISECONDS = /^\d{1,13}$/;

/** What the ledger knows a message by; both parts stay the same however often SQS delivers it. */
export interface Identity {
  /** Lower-case uuid. */
  messageId: string;
  /** Milliseconds since 1970: SentTimestamp, not the time of a receive. */
  sentAt: number;
}

export type IdentityResult =
  | { ok: true; identity: Identity }
  | { ok: false; reason: 'bad_sent_timestamp' | 'bad_origin' | 'expired' };

/**
 * The message's own id and send time or, for one that was put back from the dead-letter queue, its first ones.
 *
 * @param now milliseconds since 1970
 */
export function identify(record: SQSRecord, now: number): IdentityResult {
  const sentAt = epochMilliseconds(record.attributes?.SentTimestamp);
  if (sentAt === null) return { ok: false, reason: 'bad_sent_timestamp' };
  const originId = record.messageAttributes?.[ORIGIN_ATTRIBUTES.messageId]?.stringValue;
  const originTime = record.messageAttributes?.[ORIGIN_ATTRIBUTES.sentAt]?.stringValue;
  if (originId === undefined && originTime === undefined) {
    return { ok: true, identity: { messageId: asUuid(record.messageId), sentAt } };
  }
  const originSentAt = epochMilliseconds(originTime);
  if (!isUuid(originId) || originSentAt === null || originSentAt > sentAt) {
    return { ok: false, reason: 'bad_origin' };
  }
  if (originSentAt < now - LEDGER_RETENTION_DAYS * 86_400_000) return { ok: false, reason: 'expired' };
  return { ok: true, identity: { messageId: asUuid(originId), sentAt: originSentAt } };
}

/** SQS's ids are uuids, but it promises only that they are unique: anything else gets a uuid of its own by hashing. */
function asUuid(messageId: string): string {
  // Stryker disable next-line ConditionalExpression: only for speed
  if (LOWER_CASE_UUID.test(messageId)) return messageId;
  if (isUuid(messageId)) return messageId.toLowerCase();
  // Not as UTF-8, which makes one of all halves of surrogate pairs.
  const hex = createHash('sha256').update(messageId, 'utf16le').digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text);
}

/** What arrives is only said to be text. */
function epochMilliseconds(text: unknown): number | null {
  return typeof text === 'string' && EPOCH_MILLISECONDS.test(text) ? Number(text) : null;
}
