import assert from 'node:assert/strict';
import type { SQSRecord } from 'aws-lambda';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { processBatch } from '../../lambda/batch/process-batch.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { FIELD_NAMES, FIELDS } from '../../lambda/message/fields/fields.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import type { Stored } from './logins.ts';
import type { Drawn } from './records.ts';
import { createTable } from './table.ts';

const BODY_PROBLEMS = 'not_json|not_object|several_events|pointer|test_event|encoded|too_complex';
const IDENTITY_PROBLEMS = 'bad_sent_timestamp|bad_origin|expired';
const FIELD_PROBLEMS = FIELD_NAMES.map((name) => `(${['ambiguous', ...FIELDS[name].rejects].join('|')}) ${name}`);
/** All the verdicts there are without a database. Nothing else, and so no value, is in any of them. */
const VERDICT = new RegExp(`^(stored|rejected (${[BODY_PROBLEMS, IDENTITY_PROBLEMS, ...FIELD_PROBLEMS].join('|')}))$`);

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
  for (const { record, isValid, body } of drawn) {
    const judged = await judge([record], now);
    assert.match(judged.verdicts[0] ?? '', VERDICT);
    if (isValid) assert.deepEqual(judged.verdicts, ['stored']);
    if (isValid && body.stored) checkStored(judged.rows[0], body.stored);
    if (body.reason) assert.deepEqual(judged.verdicts, [`rejected ${body.reason}`]);
    alone.push(judged);
  }
  return alone;
}

/** Of the code that is tried only the masker has a say in what is expected, and that has its own vectors. */
function checkStored(row: LoginRow | undefined, stored: Stored): void {
  const { message_id: _, sent_at: __, ...columns } = row as LoginRow;
  const expected = Object.entries(stored).map(([column, value]) => [
    column,
    typeof value === 'object' && value !== null ? masker.mask([value])[0] : value,
  ]);
  assert.deepEqual(columns, Object.fromEntries(expected));
}

/**
 * What must become of the same records in one batch: each as alone, but for those that name a message which is there
 * already. The second of one message is a duplicate; the second of one id with another send time must wait.
 */
export function together(alone: readonly Judged[]): Judged {
  const first = new Map<string, LoginRow>();
  const verdicts = alone.map(({ verdicts: [verdict = ''], rows: [row] }) => {
    if (!row) return verdict;
    const known = first.get(row.message_id);
    if (!known) first.set(row.message_id, row);
    if (!known) return 'stored';
    return known.sent_at === row.sent_at ? 'duplicate' : 'retry id_clash';
  });
  const ascending = (a: LoginRow, b: LoginRow) => a.sent_at - b.sent_at || (a.message_id < b.message_id ? -1 : 1);
  return { verdicts, rows: [...first.values()].sort(ascending) };
}

export function asText(outcome: Outcome): string {
  return 'reason' in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind;
}
