import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../lambda/batch/outcome.ts';
import { createRejectedEvents } from '../../localstack/embedded/rejected/rejected-events.ts';

const REJECTED: Outcome = { kind: 'rejected', reason: 'missing ip' };
const STORED: Outcome = { kind: 'stored' };
const AWAY: Outcome = { kind: 'retry', reason: 'database 57P01' };
const at = (line: number, path = 'a.json') => ({ path, line });

describe('where the rejected events stand', () => {
  test('is told whether the outcome or the id comes first', () => {
    const events = createRejectedEvents();
    events.sent('a', at(1));
    events.delivered([{ messageId: 'a', outcome: REJECTED }]);
    events.delivered([{ messageId: 'b', outcome: REJECTED }]);
    events.sent('b', at(2));
    expect(events.list()).toEqual([
      { ...at(1), reason: 'missing ip' },
      { ...at(2), reason: 'missing ip' },
    ]);
  });

  test('is told once, however often they come', () => {
    const events = createRejectedEvents();
    events.sent('a', at(1));
    for (const outcome of [AWAY, REJECTED, REJECTED]) events.delivered([{ messageId: 'a', outcome }]);
    expect(events.list()).toEqual([{ ...at(1), reason: 'missing ip' }]);
  });

  test('is not told of those that are stored after all', () => {
    const events = createRejectedEvents();
    events.sent('a', at(1));
    for (const outcome of [REJECTED, STORED]) events.delivered([{ messageId: 'a', outcome }]);
    expect(events.list()).toEqual([]);
  });

  test('goes by file, then by line', () => {
    const events = createRejectedEvents();
    const places = [at(10), at(2), at(5, 'b.json'), at(1)];
    places.forEach((place, i) => {
      events.sent(`${i}`, place);
    });
    events.delivered(places.map((_, i) => ({ messageId: `${i}`, outcome: REJECTED })));
    expect(events.list().map(({ path, line }) => `${path} ${line}`)).toEqual([
      'a.json 1',
      'a.json 2',
      'a.json 10',
      'b.json 5',
    ]);
  });

  test('is not told of messages that somebody else sends', () => {
    const events = createRejectedEvents();
    events.allSent();
    events.delivered([{ messageId: 'a', outcome: REJECTED }]);
    events.sent('a', at(1));
    expect(events.list()).toEqual([]);
  });
});
