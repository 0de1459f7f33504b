import assert from 'node:assert/strict';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { InsertOutcome } from '../../lambda/batch/outcome.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
import { FIELD_NAMES, FIELDS, type Field } from '../../lambda/message/fields/fields.ts';
import { readAll } from '../support/pending.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PSEUDONYM = /^k1t?_[0-9a-f]{32}$/;
/** Of timestamptz from 1970 on, far more than this; of what 13 digits of milliseconds say, no more. */
const MAX_SENT_AT = 9_999_999_999_999;

/** Stands for the two tables: checks all that Postgres would refuse or change, and that no raw value gets in. */
export function createTable(): { rows: LoginRow[]; insert(rows: PendingRows): Promise<InsertOutcome[]> } {
  const stored: LoginRow[] = [];
  return {
    rows: stored,
    async insert(pending) {
      const rows = readAll(pending);
      rows.forEach(checkRow);
      rows
        .slice(1)
        .forEach((row, i) => void assert(isBefore(rows[i] as LoginRow, row), 'rows by ascending ledger key'));
      assert.equal(new Set(rows.map(({ message_id }) => message_id)).size, rows.length, 'unequal message ids');
      stored.push(...rows);
      return rows.map(() => ({ kind: 'stored' }));
    },
  };
}

function checkRow({ message_id, sent_at, ...columns }: LoginRow): void {
  assert.match(message_id, UUID);
  checkInteger('sent_at', sent_at, MAX_SENT_AT);
  assert.deepEqual(Object.keys(columns).sort(), FIELD_NAMES.map((name) => FIELDS[name].column).sort());
  for (const name of FIELD_NAMES) checkColumn(FIELDS[name], columns[FIELDS[name].column]);
}

function checkColumn(field: Field, value: unknown): void {
  if (value === null) assert(field.nullable, `${field.column} is null`);
  else if (field.type === 'integer') checkInteger(field.column, value, 2_147_483_647);
  else checkText(field.column, value, field.limit);
  if (field.secret && value !== null) assert.match(value as string, PSEUDONYM);
}

/** Lengths are in code points, as varchar(n) counts them. */
function checkText(column: string, text: unknown, max: number): void {
  assert(typeof text === 'string', column);
  const length = text.length <= max ? text.length : [...text].length;
  assert(length >= 1 && length <= max, `length of ${column}`);
  assert(!text.includes('\0') && text.isWellFormed(), `text of ${column}`);
}

function checkInteger(column: string, value: unknown, max: number): void {
  assert(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max, `range of ${column}`);
}

function isBefore(a: LoginRow, b: LoginRow): boolean {
  return a.sent_at < b.sent_at || (a.sent_at === b.sent_at && a.message_id < b.message_id);
}
