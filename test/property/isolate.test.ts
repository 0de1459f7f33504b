import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClassifiedError } from '../../lambda/batch/classified-error.ts';
import { writeIsolating } from '../../lambda/batch/isolate.ts';
import type { InsertOutcome, RowOutcome } from '../../lambda/batch/outcome.ts';
import { createRefusingInsert, Refusal } from '../support/refusing-insert.ts';

type Row = ClassifiedError['kind'] | 'fine' | 'known';

const CODES = { data: '22001', unknown: 'P0001', outage: '57P01' } as const;
const ALONE: Record<'data' | 'unknown', RowOutcome> & Record<'fine' | 'known', InsertOutcome> = {
  fine: { kind: 'stored' },
  known: { kind: 'duplicate' },
  data: { kind: 'rejected', reason: 'refused 22001' },
  unknown: { kind: 'retry', reason: 'unclassified P0001' },
};
const WAITS: RowOutcome = { kind: 'retry', reason: 'database 57P01' };

const row = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('fine', 'known') },
  fc.constantFrom('data', 'unknown'),
) as fc.Arbitrary<Exclude<Row, 'outage'>>;
const rows = fc.array(row, { maxLength: 300, size: 'max' });

/** The server points at the row, at none, or anywhere. */
const hints = fc.oneof(
  fc.constantFrom<(stoppedAt: number) => number | undefined>(
    (stoppedAt) => stoppedAt,
    () => undefined,
  ),
  fc.func(fc.integer({ min: -1, max: 300 })),
);

async function write(rows: readonly Row[], hint?: (stoppedAt: number) => number | undefined) {
  const { statements, insert, ...parts } = createRefusingInsert<Row>(
    (row) =>
      row in CODES
        ? new Refusal(row as keyof typeof CODES, CODES[row as keyof typeof CODES])
        : ALONE[row as 'fine' | 'known'],
    hint,
  );
  const outcomes = await writeIsolating(rows.length, { ...parts, insert: (from, to) => insert(rows.slice(from, to)) });
  return { outcomes, statements: statements.length };
}

test('every row gets the outcome it would have had alone, in its place, with few statements', async () => {
  await fc.assert(
    fc.asyncProperty(rows, hints, async (batch, hint) => {
      const { outcomes, statements } = await write(batch, hint);
      expect(outcomes).toEqual(batch.map((row) => ALONE[row]));
      const guilty = batch.filter((row) => row in CODES).length;
      expect(statements).toBeLessThanOrEqual(4 * guilty * Math.ceil(Math.log2(batch.length || 1) + 1) + 1);
    }),
    { numRuns: 300 },
  );
});

test('an outage makes rows wait from its place on, and changes nothing before it', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.nat(), async (before, seed) => {
      const at = seed % (before.length + 1);
      const { outcomes } = await write([...before.slice(0, at), 'outage', ...before.slice(at)]);
      const firstWaiting = outcomes.findIndex((outcome) => 'reason' in outcome && outcome.reason === WAITS.reason);
      expect(firstWaiting).toBeGreaterThanOrEqual(0);
      expect(firstWaiting).toBeLessThanOrEqual(at);
      expect(outcomes).toEqual([
        ...before.slice(0, firstWaiting).map((row) => ALONE[row]),
        ...Array.from({ length: before.length + 1 - firstWaiting }, () => WAITS),
      ]);
    }),
    { numRuns: 300 },
  );
});
