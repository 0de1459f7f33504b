import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoginRow } from '../../lambda/batch/login-row.ts';
import { type InsertOutcome, isSuccess } from '../../lambda/batch/outcome.ts';
import type { PendingRows } from '../../lambda/batch/pending-rows.ts';
import { failedMessageIds, processBatch } from '../../lambda/batch/process-batch.ts';
import { tally } from '../../lambda/batch/tally.ts';
import { readAll } from '../support/pending.ts';
import { VECTOR_MASKER } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { createRefusingInsert, type InsertAnswer, Refusal } from '../support/refusing-insert.ts';

const NOW = Date.UTC(2026, 10, 20);
const masker = VECTOR_MASKER;
/** Marks a row that the server refuses for its contents. */
const POISON: Readonly<Record<string, Refusal>> = {
  rejected: new Refusal('data', '22001'),
  retry: new Refusal('unknown', 'P0001'),
};

/** Holds rows as the database does: all of a statement or none, and each message once, by its ledger key. */
class MemoryLedger {
  readonly rows = new Map<string, LoginRow>();
  readonly classify = (error: unknown) => (error instanceof Refusal ? error.classified : null);

  insert = async (pending: PendingRows): Promise<InsertOutcome[]> => {
    const rows = readAll(pending);
    const poison = rows.map(({ device_type }) => POISON[device_type ?? '']).find((refusal) => refusal);
    if (poison) throw poison;
    return rows.map((row) => {
      const key = `${row.sent_at} ${row.message_id}`;
      if (this.rows.has(key)) return { kind: 'duplicate' };
      this.rows.set(key, row);
      return { kind: 'stored' };
    });
  };
}

/** Few values, so that equal logins occur, which are rows of their own. */
const validBody = fc.record({
  user_id: fc.constantFrom('u1', 'u2'),
  app_version: fc.constantFrom('2.3.0', '0.96'),
  device_type: fc.constantFrom('ios', 'android', ...Object.keys(POISON)),
  ip: fc.constantFrom('192.0.2.1', '2001:db8::1', 'unknown', '', null),
  locale: fc.constantFrom('RU', '', null),
  device_id: fc.constantFrom('593-47-5928', '', null),
});
const badBody = fc.oneof(
  fc.constantFrom('{', '[]', '{}', { ...VALID_BODY, ip: 1 }, { ...VALID_BODY, app_version: 'x' }),
  fc.json(),
);
const record = fc
  .tuple(fc.uuid(), fc.oneof({ weight: 4, arbitrary: validBody }, badBody), fc.integer({ min: NOW - 9, max: NOW }))
  .map(([messageId, body, sentAt]) => sqsRecord(body, { messageId, sentAt }));
const records = fc.uniqueArray(record, { selector: ({ messageId }) => messageId, minLength: 1, maxLength: 12 });
const batch = records.chain((all) =>
  fc.array(fc.constantFrom(...all), { maxLength: 12 }).map((redelivered) => [...all, ...redelivered]),
);

function run(batch: readonly SQSRecord[], ledger = new MemoryLedger()) {
  return processBatch(batch, { masker, insert: ledger.insert, classify: ledger.classify, now: () => NOW });
}

function rowsIn(ledger: MemoryLedger): [string, LoginRow][] {
  return [...ledger.rows].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function ledgerAfter(...batches: SQSRecord[][]): Promise<MemoryLedger> {
  const ledger = new MemoryLedger();
  for (const batch of batches) await run(batch, ledger);
  return ledger;
}

describe('exactly one row per valid message', () => {
  test('however often, in whatever order and parts it is delivered', async () => {
    const deliveries = batch.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
        fc.nat({ max: all.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(deliveries, async ([all, order, middle]) => {
        const shuffled = order.map((i) => all[i] as SQSRecord);
        const once = rowsIn(await ledgerAfter(all));
        expect(rowsIn(await ledgerAfter(all, all))).toEqual(once);
        expect(rowsIn(await ledgerAfter(shuffled.slice(0, middle), shuffled.slice(middle), shuffled))).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  test('and the second time all that was stored is a duplicate', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const ledger = new MemoryLedger();
        const first = await run(all, ledger);
        const second = await run(all, ledger);
        const expected = first.deliveries.map(({ outcome }) =>
          outcome.kind === 'stored' ? { kind: 'duplicate' } : outcome,
        );
        expect(second.deliveries.map(({ outcome }) => outcome)).toEqual(expected);
        expect(ledger.rows.size).toBe(tally(first.deliveries).stored);
      }),
    );
  });
});

test('every record gets the outcome it would have had alone', async () => {
  await fc.assert(
    fc.asyncProperty(records, async (all) => {
      const together = await run(all);
      const alone = await Promise.all(all.map((one) => run([one])));
      expect(together.deliveries).toEqual(alone.flatMap(({ deliveries }) => deliveries));
    }),
  );
});

describe('whatever the write answers', () => {
  const answer = fc.constantFrom<InsertAnswer[]>(
    { kind: 'stored' },
    { kind: 'duplicate' },
    new Refusal('data', '23514'),
    new Refusal('unknown', 'P0001'),
    new Refusal('outage', '57P01'),
  );
  const answers = fc.infiniteStream(answer);

  function runWith(batch: readonly SQSRecord[], answers: Iterator<InsertAnswer>) {
    const { insert, classify } = createRefusingInsert<LoginRow>(() => answers.next().value as InsertAnswer);
    return processBatch(batch, { masker, insert: (rows) => insert(readAll(rows)), classify, now: () => NOW });
  }

  test('the failed ids are among those received, each once, and are all that did not succeed', async () => {
    await fc.assert(
      fc.asyncProperty(batch, answers, async (all, stream) => {
        const { deliveries } = await runWith(all, stream);
        const failed = failedMessageIds(deliveries);
        expect(new Set(failed).size).toBe(failed.length);
        expect(all.map(({ messageId }) => messageId)).toEqual(expect.arrayContaining(failed));
        for (const { record, outcome } of deliveries) {
          expect(failed.includes(record.messageId)).toBe(!isSuccess(outcome));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the counts balance', async () => {
    await fc.assert(
      fc.asyncProperty(batch, answers, async (all, stream) => {
        const counts = tally((await runWith(all, stream)).deliveries);
        const sum = (by: Record<string, number>) => Object.values(by).reduce((a, b) => a + b, 0);
        expect(counts.received).toBe(all.length);
        expect(counts.stored + counts.duplicate + counts.rejected + counts.rejectedAgain + counts.retried).toBe(
          counts.received,
        );
        expect([sum(counts.rejectedBy), sum(counts.retriedBy)]).toEqual([counts.rejected, counts.retried]);
      }),
    );
  });
});

test('no row holds a raw ip or device id', async () => {
  await fc.assert(
    fc.asyncProperty(records, async (all) => {
      const rows = JSON.stringify(rowsIn(await ledgerAfter(all)));
      for (const raw of ['192.0.2.1', '2001:db8::1', 'unknown', '593-47-5928']) expect(rows).not.toContain(raw);
    }),
  );
});
