import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { type BatchReport, createRunCounts } from '../../tools/event-source/run-counts.ts';

const STORED: Outcome = { kind: 'stored' };
const DUPLICATE: Outcome = { kind: 'duplicate' };
const REJECTED: Outcome = { kind: 'rejected', reason: 'missing ip' };
const REFUSED: Outcome = { kind: 'rejected', reason: 'refused 23514' };
const RETRY: Outcome = { kind: 'retry', reason: 'database 57P01' };
const NONE = { received: 0, stored: 0, duplicates: 0, rejected: {}, unstored: {}, changed: {} };

/** Batches in which the event source kept what failed, and besides whatever `undeleted` names. */
function createCounts(most?: number) {
  const counts = createRunCounts(most);
  return {
    ...counts,
    batch(
      outcomes: Record<string, Outcome>,
      undeleted: readonly string[] = [],
      changedBy: BatchReport['changedBy'] = {},
    ) {
      const deliveries = Object.entries(outcomes).map(([messageId, outcome]) => ({ messageId, outcome }));
      const failed = deliveries.filter(({ outcome }) => 'reason' in outcome).map(({ messageId }) => messageId);
      return counts.delivered({ deliveries, changedBy }, new Set([...failed, ...undeleted]));
    },
  };
}

test('nothing is counted before the first batch', () => {
  const counts = createCounts();
  expect(counts.summary()).toEqual(NONE);
  expect([counts.received(), counts.finished()]).toEqual([0, 0]);
});

test('each outcome is counted under its name', () => {
  const counts = createCounts();
  counts.batch({ a: STORED, b: STORED, c: DUPLICATE, d: REJECTED, e: REFUSED, f: REJECTED, g: RETRY });
  expect(counts.summary()).toEqual({
    received: 7,
    stored: 2,
    duplicates: 1,
    rejected: { 'missing ip': 2, 'refused 23514': 1 },
    unstored: { 'database 57P01': 1 },
    changed: {},
  });
  expect([counts.received(), counts.finished()]).toEqual([7, 6]);
});

describe('one message counts once', () => {
  test.for([
    ['rejected until it is dead-lettered', [REJECTED, REJECTED, REJECTED], { rejected: { 'missing ip': 1 } }, 1],
    ['stored by a later attempt', [RETRY, RETRY, STORED], { stored: 1 }, 1],
    ['found to be stored by a later attempt', [RETRY, DUPLICATE], { duplicates: 1 }, 1],
    ['rejected by a later attempt', [RETRY, REJECTED], { rejected: { 'missing ip': 1 } }, 1],
    ['rejected for another reason', [REJECTED, REFUSED], { rejected: { 'refused 23514': 1 } }, 1],
    ['rejected, then to be tried again', [REFUSED, RETRY], { unstored: { 'database 57P01': 1 } }, 0],
    ['rejected, then stored after all', [REFUSED, STORED], { stored: 1 }, 1],
    ['still to be tried again', [RETRY, RETRY], { unstored: { 'database 57P01': 1 } }, 0],
  ] as const)('that is %s', ([, outcomes, expected, finished]) => {
    const counts = createCounts();
    for (const outcome of outcomes) counts.batch({ a: outcome });
    expect(counts.summary()).toEqual({ ...NONE, received: 1, ...expected });
    expect([counts.received(), counts.finished()]).toEqual([1, finished]);
  });
});

describe('a message that was stored and could not be deleted', () => {
  test('is received, but not finished', () => {
    const counts = createCounts();
    expect(counts.batch({ a: STORED, b: STORED }, ['a'])).toMatchObject({ stored: 1 });
    expect([counts.received(), counts.finished()]).toEqual([2, 1]);
  });

  test.for([
    ['at once', []],
    ['after a failed batch', ['failed']],
    ['after an outage', [RETRY]],
    ['after one more delete that failed', ['undeleted']],
  ] as const)('is stored, no duplicate, when it comes back %s', ([, between]) => {
    const counts = createCounts();
    counts.batch({ a: STORED }, ['a']);
    for (const step of between) {
      if (step === 'failed') counts.failed(['a'], 'The function died.');
      else if (step === 'undeleted') counts.batch({ a: DUPLICATE }, ['a']);
      else counts.batch({ a: step });
      expect([counts.received(), counts.finished()]).toEqual([1, 0]);
    }
    expect(counts.batch({ a: DUPLICATE })).toMatchObject({ stored: 1, duplicates: 0 });
    expect(counts.summary()).toEqual({ ...NONE, received: 1, stored: 1 });
  });
});

describe('a batch that failed as a whole', () => {
  test('leaves its messages unstored, with the reason', () => {
    const counts = createCounts();
    counts.failed(['a', 'b'], 'The function died.');
    expect(counts.summary()).toEqual({ ...NONE, received: 2, unstored: { 'The function died.': 2 } });
    expect(counts.finished()).toBe(0);
  });

  test('is forgotten when they are stored later', () => {
    const counts = createCounts();
    counts.failed(['a'], 'The function died.');
    counts.batch({ a: STORED });
    expect(counts.summary()).toEqual({ ...NONE, received: 1, stored: 1 });
  });

  test('does not take back a rejection', () => {
    const counts = createCounts();
    counts.batch({ a: REJECTED });
    counts.failed(['a'], 'The function died.');
    expect(counts.summary()).toEqual({ ...NONE, received: 1, rejected: { 'missing ip': 1 } });
  });
});

describe('of more messages than are remembered', () => {
  const many = (prefix: string, outcome: Outcome) =>
    Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${prefix}${i}`, outcome]));

  test('the rejected ones stay counted', () => {
    const counts = createCounts(10);
    for (const prefix of ['a', 'b', 'c']) counts.batch(many(prefix, REJECTED));
    expect(counts.summary()).toEqual({ ...NONE, received: 3_000, rejected: { 'missing ip': 3_000 } });
    expect(counts.finished()).toBe(3_000);
  });

  test('those that were heard of last are known', () => {
    const counts = createCounts(10);
    counts.batch({ first: REJECTED });
    counts.batch(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}`, REJECTED])));
    for (const id of ['first', 'new', 'first']) counts.batch({ [id]: REJECTED });
    expect(counts.summary()).toMatchObject({ received: 11, rejected: { 'missing ip': 11 } });
    counts.batch({ 0: REJECTED });
    expect(counts.summary()).toMatchObject({ rejected: { 'missing ip': 12 } });
  });

  test('those to be tried again are left to whoever received them', () => {
    const counts = createCounts(10);
    counts.batch(many('a', RETRY));
    counts.failed(Object.keys(many('b', RETRY)), 'The function died.');
    expect(counts.summary()).toEqual({ ...NONE, received: 10, unstored: { 'The function died.': 10 } });
  });

  test('those that could not be deleted are stored', () => {
    const counts = createCounts(10);
    const stored = many('a', STORED);
    counts.batch(stored, Object.keys(stored));
    expect(counts.summary()).toEqual({ ...NONE, received: 1_000, stored: 990 });
  });
});

describe('the news of a batch', () => {
  test('are what it added', () => {
    const counts = createCounts();
    counts.batch({ a: STORED, b: REJECTED });
    expect(counts.batch({ b: REJECTED, c: STORED, d: DUPLICATE, e: REFUSED, f: RETRY })).toEqual({
      received: 5,
      stored: 1,
      duplicates: 1,
      rejected: { 'refused 23514': 1 },
      unstored: { 'database 57P01': 1 },
      changed: {},
    });
  });

  test('say what was changed in it, and the summary sums that up', () => {
    const counts = createCounts();
    counts.batch({ a: STORED }, [], { ip_port: 1, cut_locale: 2 });
    expect(counts.batch({ b: RETRY }, [], { ip_port: 3 }).changed).toEqual({ ip_port: 3 });
    expect(counts.summary().changed).toEqual({ ip_port: 4, cut_locale: 2 });
  });
});
