import assert from 'node:assert/strict';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { InsertOutcome } from '../../lambda/batch/outcome.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
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
      assert.equal(new Set(rows.map(({ messageId }) => messageId)).size, rows.length, 'unequal message ids');
      stored.push(...rows);
      return rows.map(() => ({ kind: 'stored' }));
    },
  };
}

function checkRow(row: LoginRow): void {
  checkText('user_id', row.userId, 1, 128);
  checkText('device_type', row.deviceType, 1, 32);
  if (row.locale !== null) checkText('locale', row.locale, 1, 32);
  for (const masked of [row.maskedIp, row.maskedDeviceId]) assert(masked === null || PSEUDONYM.test(masked), 'masked');
  checkInteger('app_version', row.appVersion, 2_147_483_647);
  checkInteger('sent_at', row.sentAt, MAX_SENT_AT);
  assert.match(row.messageId, UUID);
}

/** Lengths are in code points, as varchar(n) counts them. */
function checkText(column: string, text: string, min: number, max: number): void {
  assert.equal(typeof text, 'string', column);
  const length = text.length <= max ? text.length : [...text].length;
  assert(length >= min && length <= max, `length of ${column}`);
  assert(!text.includes('\0') && text.isWellFormed(), `text of ${column}`);
}

function checkInteger(column: string, value: number, max: number): void {
  assert(Number.isSafeInteger(value) && value >= 0 && value <= max, `range of ${column}`);
}

function isBefore(a: LoginRow, b: LoginRow): boolean {
  return a.sentAt < b.sentAt || (a.sentAt === b.sentAt && a.messageId < b.messageId);
}
