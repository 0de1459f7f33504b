import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTries } from '../../lambda/queue/next-tries.ts';
import {
  longestOutageSurvivedSeconds,
  MAX_RECEIVES,
  RETRY_WAITS,
  retryWaitSeconds,
} from '../../lambda/settings/retry-waits.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

describe('a message to be tried again waits', () => {
  test.for([
    [1, 30],
    [2, 60],
    [3, 120],
    [4, 240],
    [5, 480],
    [6, 600 / 1.1],
    [7, 600 / 1.1],
    [1_000, 600 / 1.1],
  ] as const)('after %s receives about %s s', ([receives, seconds]) => {
    expect(retryWaitSeconds(receives, RETRY_WAITS, 0.5)).toBe(Math.round(seconds));
    expect(retryWaitSeconds(receives, RETRY_WAITS, 0)).toBe(Math.round(0.9 * seconds));
    expect(retryWaitSeconds(receives, RETRY_WAITS, 1)).toBe(Math.round(1.1 * seconds));
  });

  test('at most 10 minutes, however it is drawn, in whole seconds that SQS takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (receives, random) => {
          const seconds = retryWaitSeconds(receives, RETRY_WAITS, random);
          expect(Number.isInteger(seconds)).toBe(true);
          expect(seconds).toBeGreaterThanOrEqual(27);
          expect(seconds).toBeLessThanOrEqual(10 * 60);
        },
      ),
    );
  });
});

test('an outage may last the shortest waits, one fewer than the receives', () => {
  expect(longestOutageSurvivedSeconds(1, RETRY_WAITS)).toBe(0);
  expect(longestOutageSurvivedSeconds(3, RETRY_WAITS)).toBe(27 + 54);
  expect(longestOutageSurvivedSeconds(MAX_RECEIVES, RETRY_WAITS)).toBeGreaterThan(3_600);
});

describe('the next try', () => {
  const record = (receives?: string) => {
    const made = sqsRecord(VALID_BODY, { messageId: 'm' });
    return { ...made, attributes: { ...made.attributes, ApproximateReceiveCount: receives as string } };
  };
  const outage = { kind: 'retry', reason: 'database 57P03' } as const;
  const triesOf = (receives: string | undefined) =>
    nextTries([{ record: record(receives), outcome: outage }], RETRY_WAITS, () => 0.5);

  test('of a rejected message is at once, that of one to be tried again by its receives, and of a stored one there is none', () => {
    const deliveries = [
      { record: record('3'), outcome: { kind: 'stored' } as const },
      { record: record('3'), outcome: { kind: 'duplicate' } as const },
      { record: record('3'), outcome: outage },
      { record: record('3'), outcome: { kind: 'rejected', reason: 'not_json' } as const },
    ];
    expect(nextTries(deliveries, RETRY_WAITS, () => 0.5)).toEqual([
      { receiptHandle: 'handle of m', seconds: 0 },
      { receiptHandle: 'handle of m', seconds: 120 },
    ]);
  });

  test('is drawn for each message', () => {
    const draws = [0, 1];
    const deliveries = [0, 1].map(() => ({ record: record('1'), outcome: outage }));
    const seconds = nextTries(deliveries, RETRY_WAITS, () => draws.pop() ?? 0).map((next) => next.seconds);
    expect(seconds).toEqual([27, 33]);
  });

  test.for([undefined, '', '0', '-3', 'many', '1.5', '1e999'])(
    'of a message received %j times is as after the first',
    (receives) => {
      expect(triesOf(receives)).toMatchObject([{ seconds: 30 }]);
    },
  );

  test.for([null, 4, true, ['4'], { toString: 1, valueOf: 1 }])(
    'of one whose receives are %j, no text, too',
    (junk) => {
      expect(triesOf(junk as unknown as string)).toMatchObject([{ seconds: 30 }]);
    },
  );

  test.for([undefined, null])('of one whose attributes are %j, too', (attributes) => {
    const bare = { ...record(), attributes } as unknown as ReturnType<typeof record>;
    expect(nextTries([{ record: bare, outcome: outage }], RETRY_WAITS, () => 0.5)).toMatchObject([{ seconds: 30 }]);
  });
});
