import assert from 'node:assert/strict';
import type { SQSRecord } from 'aws-lambda';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { processBatch } from '../../lambda/batch/process-batch.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import type { Drawn } from './records.ts';
import { createTable } from './table.ts';

/** All the verdicts there are without a database. Nothing else, and so no value, is in any of them. */
const VERDICT =
  /^(stored|rejected (not_json|not_object|too_complex|bad_version|bad_sent_timestamp|bad_origin|expired|(missing|wrong_type|bad_text|ambiguous) (user_id|app_version|device_type|ip|locale|device_id)|empty (user_id|device_type)|too_long (user_id|device_type|locale)))$/;

const key = parseMasterKey(TEST_MASK_KEY);
assert(key.ok);
const masker = createMasker('k1', deriveMaskKeys(key.bytes));

export interface Judged {
  /** One per record, as in `rejected missing ip`. */
  verdicts: string[];
  rows: LoginRow[];
}

export async function judge(records: readonly SQSRecord[], now: number): Promise<Judged> {
  const { rows, insert } = createTable();
  const { deliveries } = await processBatch(records, { masker, insert, classify: () => null, now: () => now });
  assert.deepEqual(
    deliveries.map(({ record }) => record),
    records,
  );
  return { verdicts: deliveries.map(({ outcome }) => asText(outcome)), rows };
}

/** What becomes of each record in a batch of its own. */
export async function judgeAlone(drawn: readonly Drawn[], now: number): Promise<Judged[]> {
  const alone: Judged[] = [];
  for (const { record, isValid } of drawn) {
    const judged = await judge([record], now);
    assert.match(judged.verdicts[0] ?? '', VERDICT);
    if (isValid) assert.deepEqual(judged.verdicts, ['stored']);
    alone.push(judged);
  }
  return alone;
}

/**
 * What must become of the same records in one batch: each as alone, but for those that name a message which is there
 * already. The second of one message is a duplicate; the second of one id with another send time must wait.
 */
export function together(alone: readonly Judged[]): Judged {
  const first = new Map<string, LoginRow>();
  const verdicts = alone.map(({ verdicts: [verdict = ''], rows: [row] }) => {
    if (!row) return verdict;
    const known = first.get(row.messageId);
    if (!known) first.set(row.messageId, row);
    if (!known) return 'stored';
    return known.sentAt === row.sentAt ? 'duplicate' : 'retry id_clash';
  });
  const ascending = (a: LoginRow, b: LoginRow) => a.sentAt - b.sentAt || (a.messageId < b.messageId ? -1 : 1);
  return { verdicts, rows: [...first.values()].sort(ascending) };
}

export function asText(outcome: Outcome): string {
  return 'reason' in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind;
}
