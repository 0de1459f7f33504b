import type { Masker } from '../masking/masker.ts';
import type { MaskingState } from '../masking/masking-state.ts';
import type { Identity } from '../message/identity.ts';
import type { DistinctMessage } from './distinct.ts';
import type { LoginRow } from './login-row.ts';
import { eachSecret, maskRows, type VisitSecret } from './mask-rows.ts';

/** Rows that are masked when they are first read, so that the server is at work meanwhile. */
export interface PendingRows {
  /** One per row, in their order. */
  readonly keys: readonly Identity[];
  /** @param state of the database that they go to */
  slice(from: number, to: number, state?: MaskingState): readonly LoginRow[];
  /** Each raw value of all rows beside its pseudonym. */
  eachSecret(state: MaskingState | undefined, visit: VisitSecret): void;
}

export interface RowsOfBatch {
  readonly length: number;
  /** The rows of one statement, which counts them from 0. */
  part(from: number, to: number): PendingRows;
}

/**
 * Each message is masked once, in their order and when a row at or behind it is first read, however often that is, unless
 * the state has changed meanwhile.
 */
export function maskWhenRead(messages: readonly DistinctMessage[], masker: Masker): RowsOfBatch {
  let rows: LoginRow[] = [];
  let maskedUnder: MaskingState | undefined;

  function read(from: number, to: number, state: MaskingState | undefined): LoginRow[] {
    if (state !== maskedUnder) rows = [];
    maskedUnder = state;
    for (const row of maskRows(messages.slice(rows.length, to), masker, state)) rows.push(row);
    return rows.slice(from, to);
  }

  return {
    length: messages.length,
    part: (start, end) => ({
      keys: messages.slice(start, end),
      slice: (from, to, state) => read(start + from, Math.min(end, start + to), state),
      eachSecret: (state, visit) => eachSecret(messages.slice(start, end), read(start, end, state), visit),
    }),
  };
}
