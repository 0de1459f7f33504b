import type { Canonical, Masked, Masker } from '../masking/masker.ts';
import type { MaskingState } from '../masking/masking-state.ts';
import { FIELD_NAMES, FIELDS, type Field } from '../message/fields/fields.ts';
import type { DistinctMessage } from './distinct.ts';
import type { LoginRow } from './login-row.ts';

const ALL = FIELD_NAMES.map((name) => ({ name, ...(FIELDS[name] as Field), column: FIELDS[name].column }));
const SECRET = ALL.filter(({ secret }) => secret);
// Stryker disable next-line MethodExpression: but for speed, what is secret is written over
const PLAIN = ALL.filter(({ secret }) => !secret);

/**
 * All values of the batch go to the masker at once, which is cheaper than one by one.
 *
 * @returns a row per message, in their order
 */
export function maskRows(messages: readonly DistinctMessage[], masker: Masker, state?: MaskingState): LoginRow[] {
  const secrets: (Canonical | null)[] = [];
  for (const { message } of messages) {
    for (const { name } of SECRET) secrets.push(message.event[name] as Canonical | null);
  }
  const masked = masker.mask(secrets, state);
  let at = 0;
  return messages.map(({ messageId, sentAt, message: { event } }) => {
    const row: Record<string, unknown> = { message_id: messageId, sent_at: sentAt };
    for (const { name, column } of PLAIN) row[column] = event[name];
    for (const { column } of SECRET) row[column] = masked[at++];
    return row as LoginRow;
  });
}

/** @param row index of the row that the value is of */
export type VisitSecret = (row: number, sentAt: number, pseudonym: Masked, value: Canonical) => void;

/** @param rows of the messages, in their order */
export function eachSecret(messages: readonly DistinctMessage[], rows: readonly LoginRow[], visit: VisitSecret): void {
  for (const [i, { sentAt, message }] of messages.entries()) {
    for (const { name, column } of SECRET) {
      const value = message.event[name] as Canonical | null;
      if (value !== null) visit(i, sentAt, (rows[i] as LoginRow)[column] as Masked, value);
    }
  }
}
