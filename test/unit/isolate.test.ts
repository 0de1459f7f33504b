import { describe, expect, test } from 'vitest';
import { writeIsolating } from '../../lambda/batch/isolate.ts';
import type { RowOutcome } from '../../lambda/batch/outcome.ts';
import { createRefusingInsert, Refusal } from '../support/refusing-insert.ts';

const DATA = new Refusal('data', '22001');
const UNKNOWN = new Refusal('unknown', 'P0001');
const OUTAGE = new Refusal('outage', '57P01');
const STORED: RowOutcome = { kind: 'stored' };
const REJECTED: RowOutcome = { kind: 'rejected', reason: 'refused 22001' };
const UNCLASSIFIED: RowOutcome = { kind: 'retry', reason: 'unclassified P0001' };
const WAITS: RowOutcome = { kind: 'retry', reason: 'database 57P01' };

/** Rows are numbers; the server refuses a statement for the first of its rows that has an error. */
async function write(
  count: number,
  errorOf: ReadonlyMap<number, Error>,
  known: readonly number[] = [],
  hint?: (stoppedAt: number) => number,
) {
  const rows = Array.from({ length: count }, (_, i) => i);
  const { statements, insert, ...parts } = createRefusingInsert<number>(
    (row) => errorOf.get(row) ?? { kind: known.includes(row) ? 'duplicate' : 'stored' },
    hint,
  );
  const outcomes = await writeIsolating(count, { ...parts, insert: (from, to) => insert(rows.slice(from, to)) });
  return { outcomes, statements };
}

function storedExcept(count: number, others: Record<number, RowOutcome>): RowOutcome[] {
  return Array.from({ length: count }, (_, i) => others[i] ?? STORED);
}

describe('without a fault', () => {
  test('one statement writes all', async () => {
    const { outcomes, statements } = await write(100, new Map(), [0, 50]);
    expect(outcomes).toEqual(storedExcept(100, { 0: { kind: 'duplicate' }, 50: { kind: 'duplicate' } }));
    expect(statements).toHaveLength(1);
  });

  test('no rows need no statement', async () => {
    expect(await write(0, new Map())).toEqual({ outcomes: [], statements: [] });
  });
});

describe('rows at fault', () => {
  test.for([
    ['the only one', 1, [0]],
    ['the first', 100, [0]],
    ['the last', 100, [99]],
    ['in the middle', 100, [49, 50]],
    ['apart', 101, [3, 60, 99]],
    ['all', 9, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ] as const)('%s are rejected, and all others stored in place', async ([, count, guilty]) => {
    const { outcomes } = await write(count, new Map(guilty.map((row) => [row, DATA])));
    expect(outcomes).toEqual(storedExcept(count, Object.fromEntries(guilty.map((row) => [row, REJECTED]))));
  });

  test.for([
    [2, [1]],
    [3, [2]],
    [1_024, [700]],
    [10_000, [9_999]],
    [10_000, [0, 2_500, 5_000, 7_500]],
  ] as const)('of %i rows, %j are found with few statements', async ([count, guilty]) => {
    const { statements } = await write(count, new Map(guilty.map((row) => [row, DATA])));
    expect(statements.length).toBeLessThanOrEqual(2 * guilty.length * Math.ceil(Math.log2(count)) + 1);
  });

  test('one that the server points at costs five statements, wherever it stands', async () => {
    for (const guilty of [1, 5_000, 9_997]) {
      const { outcomes, statements } = await write(10_000, new Map([[guilty, DATA]]), [], (stoppedAt) => stoppedAt);
      expect(outcomes).toEqual(storedExcept(10_000, { [guilty]: REJECTED }));
      expect(statements).toHaveLength(5);
    }
  });

  test('one at the very beginning costs four, since nothing stands before it', async () => {
    const { statements } = await write(10_000, new Map([[0, DATA]]), [], (stoppedAt) => stoppedAt);
    expect(statements).toHaveLength(4);
  });

  test('one before the row that the server points at ends the trust in what it says', async () => {
    let last = 1_024;
    const { outcomes, statements } = await write(1_024, new Map([[0, DATA]]), [], () => --last);
    expect(outcomes).toEqual(storedExcept(1_024, { 0: REJECTED }));
    expect(statements.length).toBeLessThan(50);
  });

  test('no row that was written is sent again', async () => {
    const { statements } = await write(64, new Map([[10, DATA]]));
    const written = statements.filter((chunk) => !chunk.includes(10)).flat();
    expect(written.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i).filter((i) => i !== 10));
  });

  test('keep what the others are, duplicates too', async () => {
    const { outcomes } = await write(8, new Map([[2, DATA]]), [1, 7]);
    expect(outcomes).toEqual(storedExcept(8, { 1: { kind: 'duplicate' }, 2: REJECTED, 7: { kind: 'duplicate' } }));
  });
});

describe('an error that does not tell', () => {
  test('makes only its own row wait', async () => {
    const { outcomes } = await write(20, new Map([[13, UNKNOWN]]));
    expect(outcomes).toEqual(storedExcept(20, { 13: UNCLASSIFIED }));
  });

  test('is told from a row at fault', async () => {
    const { outcomes } = await write(
      20,
      new Map([
        [4, DATA],
        [5, UNKNOWN],
      ]),
    );
    expect(outcomes).toEqual(storedExcept(20, { 4: REJECTED, 5: UNCLASSIFIED }));
  });
});

describe('an outage', () => {
  test('makes all rows wait, and is not tried again', async () => {
    const { outcomes, statements } = await write(10, new Map([[7, OUTAGE]]));
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => WAITS));
    expect(statements).toHaveLength(1);
  });

  test('in the middle keeps what is decided and makes the rest wait', async () => {
    const errors = new Map([
      [1, DATA],
      [5, OUTAGE],
    ]);
    const { outcomes, statements } = await write(8, errors);
    expect(outcomes).toEqual([STORED, REJECTED, STORED, STORED, WAITS, WAITS, WAITS, WAITS]);
    expect(statements.at(-1)).toContain(5);
  });

  test('leaves untried what has yet to be tried', async () => {
    const { outcomes, statements } = await write(
      8,
      new Map([
        [0, DATA],
        [1, OUTAGE],
      ]),
    );
    expect(outcomes).toEqual([REJECTED, ...Array.from({ length: 7 }, () => WAITS)]);
    expect(statements.at(-1)).toEqual([1]);
  });
});

describe('a fault of our own', () => {
  const own = new TypeError('x is not a function');

  test('is thrown on', async () => {
    await expect(write(10, new Map([[7, own]]))).rejects.toBe(own);
  });

  test('is thrown on even where rows were written before it', async () => {
    const errors = new Map<number, Error>([
      [1, DATA],
      [5, own],
    ]);
    await expect(write(8, errors)).rejects.toBe(own);
  });
});
