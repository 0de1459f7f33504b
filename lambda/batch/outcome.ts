import type { Rejection } from '../message/rejection.ts';

/**
 * Words used throughout:
 * - message: what a producer sent to the queue; record: one delivery of it, as Lambda hands it over
 * - batch: the records of one invocation; row: what one message becomes in `user_logins`
 * - rejected: can never become a row, so it goes to the dead-letter queue; retry: may become one later
 */
export type Outcome =
  | { kind: 'stored' }
  /** The row is there already, from an earlier delivery. A success. */
  | { kind: 'duplicate' }
  | { kind: 'rejected'; reason: RejectReason }
  | { kind: 'retry'; reason: RetryReason };

/** `refused 23514 no_androids`: the database refuses this very row, whatever else is in the batch, and names what does. */
export type RejectReason = Rejection | `refused ${string}`;

/** `kms TimeoutError`: there are no keys to mask with, by the name of the error or its system code. */
export type KeyOutage = `kms ${string}`;

/**
 * `database 57P01`: out of reach or out of order, by SQLSTATE or system error code.
 * `unclassified P0001`: refused this row with an error that does not say whether it will always be refused.
 * `id_clash`: shares its first id, but not its first send time, with another message of the batch.
 */
export type RetryReason = KeyOutage | `database ${string}` | `unclassified ${string}` | 'id_clash';

/** What becomes of a row that the server does not refuse. */
export type InsertOutcome = Extract<Outcome, { kind: 'stored' | 'duplicate' }>;

export type RowOutcome = Exclude<Outcome, { kind: 'rejected' }> | { kind: 'rejected'; reason: `refused ${string}` };

/**
 * A rejection's reason without the name of a constraint. As a dimension of metrics each value is a series of its own, paid
 * for by the month, and constraints are named by whoever alters the table.
 */
export function reasonCode(reason: string): string {
  // Stryker disable next-line Regex: no other reason has the word
  return reason.replace(/^(refused \S+) .*/, '$1');
}

/** The counts of reasons, by their codes alone. */
export function byCode(counts: Readonly<Record<string, number>>): Record<string, number> {
  const codes: Record<string, number> = {};
  for (const [reason, count] of Object.entries(counts)) {
    const code = reasonCode(reason);
    codes[code] = (codes[code] ?? 0) + count;
  }
  return codes;
}

export function isSuccess(outcome: Outcome): boolean {
  return outcome.kind === 'stored' || outcome.kind === 'duplicate';
}
