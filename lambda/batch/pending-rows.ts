import type { Masker } from '../masking/masker.ts';
import type { Identity } from '../message/identity.ts';
import type { ValidMessage } from '../message/parse-message.ts';
import type { LoginRow } from './login-row.ts';
import { maskRows } from './mask-rows.ts';

/** Rows that are masked when they are first read, so that the server is at work meanwhile. */
export interface PendingRows {
  /** One per row, in their order. */
  readonly keys: readonly Identity[];
  slice(from: number, to: number): readonly LoginRow[];
}

export interface RowsOfBatch {
  readonly length: number;
  /** The rows of one statement, which counts them from 0. */
  part(from: number, to: number): PendingRows;
}

/** Each message is masked once, however often its row is read. */
export function maskWhenRead(messages: readonly ValidMessage[], masker: Masker): RowsOfBatch {
  const keys = messages.map(({ identity }) => identity);
  const rows = new Array<LoginRow | undefined>(messages.length);

  function read(from: number, to: number): LoginRow[] {
    const missing: number[] = [];
    for (let i = from; i < to; i++) if (rows[i] === undefined) missing.push(i);
    const masked = maskRows(
      missing.map((i) => messages[i] as ValidMessage),
      masker,
    );
    for (const [at, i] of missing.entries()) rows[i] = masked[at];
    return rows.slice(from, to) as LoginRow[];
  }

  return {
    length: messages.length,
    part: (start, end) => ({
      keys: keys.slice(start, end),
      slice: (from, to) => read(start + from, Math.min(end, start + to)),
    }),
  };
}
