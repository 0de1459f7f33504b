import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';

/** Rows that are already masked, in the form of rows that are still to be masked. */
export function pending(rows: readonly LoginRow[]): PendingRows {
  const keys = rows.map(({ message_id, sent_at }) => ({ messageId: message_id, sentAt: sent_at }));
  return { keys, slice: (from, to) => rows.slice(from, to), eachSecret() {} };
}

export function readAll(rows: PendingRows): readonly LoginRow[] {
  return rows.slice(0, rows.keys.length);
}
