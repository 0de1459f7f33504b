import type { Identity } from '../message/identity.ts';
import type { ParsedMessage, ValidMessage } from '../message/parse-message.ts';
import type { Rejection } from '../message/rejection.ts';

/** A message of the batch, with the ledger key beside it: sorting and encoding would look it up far too often. */
export interface DistinctMessage extends Identity {
  message: ValidMessage;
  /** Its index in `Distinct.messages`. */
  index: number;
}

/** What decides the outcome of one delivery. */
export type Claim =
  | { rejected: Rejection }
  /** `isRepeat`: an earlier delivery of the batch brought this message already. */
  | { distinct: DistinctMessage; isRepeat: boolean }
  /**
   * Another message has this id in the batch, so the two are not the same, whatever their attributes claim. One
   * statement cannot tell them apart, since it may read only the message ids of the ledger; alone, either can be decided.
   */
  | { clashesWith: DistinctMessage };

export interface Distinct {
  /** Ascending by ledger key. */
  messages: readonly DistinctMessage[];
  /** One per parsed message, in their order. */
  claims: readonly Claim[];
}

/** Each valid message once, however often the batch delivers it. */
export function distinct(parsed: readonly ParsedMessage[]): Distinct {
  const firstById = new Map<string, DistinctMessage>();
  const claims = parsed.map((message): Claim => {
    if (!message.ok) return { rejected: message.reason };
    const { messageId, sentAt } = message.identity;
    const first = firstById.get(messageId);
    if (first) return first.sentAt === sentAt ? { distinct: first, isRepeat: true } : { clashesWith: first };
    const distinct = { messageId, sentAt, message, index: 0 };
    firstById.set(messageId, distinct);
    return { distinct, isRepeat: false };
  });
  // Every writer uses this order: two that lock the same ledger keys in opposite orders deadlock (40P01, 10 of 10).
  const messages = [...firstById.values()].sort(byLedgerKey);
  for (let i = 0; i < messages.length; i++) (messages[i] as DistinctMessage).index = i;
  return { messages, claims };
}

function byLedgerKey(a: Identity, b: Identity): number {
  // Stryker disable next-line EqualityOperator: no two of these messages have one id
  return a.sentAt - b.sentAt || (a.messageId < b.messageId ? -1 : 1);
}
