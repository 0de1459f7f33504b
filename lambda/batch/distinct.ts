import type { ParsedMessage, ValidMessage } from '../message/parse-message.ts';
import type { Rejection } from '../message/rejection.ts';

/** What the outcome of one delivery follows from. */
export type Claim =
  | { rejected: Rejection }
  /** `isRepeat`: an earlier delivery of the batch brought this message already. */
  | { message: ValidMessage; isRepeat: boolean }
  /**
   * Another message has this id in the batch, so the two are not the same, whatever their attributes claim. One
   * statement cannot tell them apart, since it may read only the message ids of the ledger; alone, either can be decided.
   */
  | { clashesWith: ValidMessage };

export interface Distinct {
  /** By ascending ledger key. */
  messages: readonly ValidMessage[];
  /** One per parsed message, in their order. */
  claims: readonly Claim[];
}

/** Each valid message once, however often the batch delivers it. */
export function distinct(parsed: readonly ParsedMessage[]): Distinct {
  const firstById = new Map<string, ValidMessage>();
  const claims = parsed.map((message): Claim => {
    if (!message.ok) return { rejected: message.reason };
    const { messageId, sentAt } = message.identity;
    const first = firstById.get(messageId);
    if (!first) {
      firstById.set(messageId, message);
      return { message, isRepeat: false };
    }
    return first.identity.sentAt === sentAt ? { message: first, isRepeat: true } : { clashesWith: first };
  });
  // In one order everywhere: two writers that lock the same ledger keys in opposite orders deadlock (40P01, 10 of 10).
  return { messages: [...firstById.values()].sort(byLedgerKey), claims };
}

function byLedgerKey({ identity: a }: ValidMessage, { identity: b }: ValidMessage): number {
  return a.sentAt - b.sentAt || (a.messageId < b.messageId ? -1 : 1);
}
