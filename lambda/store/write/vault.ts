import type { ClientBase } from 'pg';
import type { PendingRows } from '../../batch/pending-rows.ts';
import { type Canonical, VALUE_KEYS } from '../../masking/masker.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import { seal } from '../../masking/vault/seal.ts';
import type { VaultKey } from '../../masking/vault/vault-key.ts';
import { type IncomingValue, sealStatement } from './seal-statement.ts';
import { SeenValues } from './seen-values.ts';

export type { VaultKey };

/** What one write adds to the vault. */
export interface VaultWrite {
  /** For the transaction that writes the rows, after those; none where every value is known to be sealed. */
  statements: readonly string[];
  /** When that is committed. */
  committed(): void;
}

export interface Vault {
  /** @param isNew whether the row of this index is written; else its message is known, and its values stay as they are */
  seal(client: ClientBase, rows: PendingRows, state: MaskingState, isNew?: (row: number) => boolean): VaultWrite;
}

const MS_PER_DAY = 86_400_000;

/** Seals each value of a month once, under the pseudonym that its row gets. */
export function createVault(key: VaultKey, seen = new SeenValues()): Vault {
  let known: { client: ClientBase; generation: string } | undefined;

  /** After an erasure, and on another connection, which may lead to another copy of the database. */
  function forgetStale(client: ClientBase, generation: string): void {
    if (known?.client === client && known.generation === generation) return;
    seen.clear();
    known = { client, generation };
  }

  return {
    seal(client, rows, state, isNew = () => true) {
      forgetStale(client, state.generation);
      const fresh = new Map<string, Canonical>();
      const monthOf = createMonthOf();
      rows.eachSecret(state, (row, sentAt, pseudonym, value) => {
        if (!isNew(row)) return;
        const entry = `${monthOf(sentAt)}${pseudonym}`;
        if (!seen.has(entry)) fresh.set(entry, value);
      });
      return {
        statements: statements(fresh, key),
        committed() {
          for (const entry of fresh.keys()) seen.add(entry);
        },
      };
    },
  };
}

/** By ascending month: with the order of pseudonyms in each, no two writers wait for each other. */
function statements(fresh: ReadonlyMap<string, Canonical>, key: VaultKey): string[] {
  const months = new Map<string, (IncomingValue & { text: string })[]>();
  for (const [entry, { key: field, text }] of fresh) {
    const month = entry.slice(0, MONTH_LENGTH);
    const [kid, digits] = entry.slice(MONTH_LENGTH + 1).split(/t?_/) as [string, string];
    const values = months.get(month) ?? [];
    values.push({ field: VALUE_KEYS.indexOf(field) + 1, kid: Number(kid), digits, text });
    months.set(month, values);
  }
  // Stryker disable next-line EqualityOperator: no month is there twice
  const ascending = [...months].sort(([a], [b]) => (a < b ? -1 : 1));
  return ascending.map(([month, values]) => {
    const texts = values.map(({ text }) => text);
    return sealStatement(month, values, seal(texts, key));
  });
}

const MONTH_LENGTH = '2026-11-01'.length;

/** @returns gives the first day of a time's month in UTC; most of a batch is of one day */
function createMonthOf(): (ms: number) => string {
  const byDay = new Map<number, string>();
  return (ms) => {
    // Stryker disable ArithmeticOperator,ConditionalExpression,CallExpression: only for speed
    const day = Math.floor(ms / MS_PER_DAY);
    let month = byDay.get(day);
    if (month === undefined) {
      month = `${new Date(ms).toISOString().slice(0, -16)}01`;
      byDay.set(day, month);
    }
    return month;
  };
}
