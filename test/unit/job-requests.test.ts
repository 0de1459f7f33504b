import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readErasure } from '../../lambda/jobs/erase/read-erasure.ts';
import { readRecovery } from '../../lambda/jobs/recover/read-recovery.ts';

const REFUSED = /does not know this request/;
const PSEUDONYM = `k1_${'0a'.repeat(16)}`;
const pseudonyms = (count: number) =>
  Array.from({ length: count }, (_, i) => `k1t_${i.toString(16).padStart(32, '0')}`);

describe('a request to recover values', () => {
  const REQUEST = { field: 'ip', pseudonyms: [PSEUDONYM], reason: 'case 1', caller: 'somebody' };

  test('is taken as it is, each pseudonym once', () => {
    expect(readRecovery({ ...REQUEST, pseudonyms: [PSEUDONYM, PSEUDONYM] })).toEqual(REQUEST);
  });

  test.for([
    { field: 'device_id' },
    { pseudonyms: pseudonyms(1_000) },
    { pseudonyms: [PSEUDONYM.replace('k1', 'k9999')] },
    { reason: ' abc' },
    { reason: 'x'.repeat(500) },
    { caller: 'x' },
    { caller: 'x'.repeat(200) },
  ])('may be at a limit (%#)', (change) => {
    expect(readRecovery({ ...REQUEST, ...change })).toEqual({ ...REQUEST, ...change });
  });

  test.for([
    null,
    undefined,
    'ip',
    { ...REQUEST, more: 1 },
    { ...REQUEST, field: 'user_id' },
    { ...REQUEST, pseudonyms: PSEUDONYM },
    { ...REQUEST, pseudonyms: [] },
    { ...REQUEST, pseudonyms: pseudonyms(1_001) },
    { ...REQUEST, pseudonyms: [PSEUDONYM, '192.0.2.17'] },
    { ...REQUEST, pseudonyms: [[PSEUDONYM]] },
    { ...REQUEST, pseudonyms: [`x${PSEUDONYM}`] },
    { ...REQUEST, pseudonyms: [`${PSEUDONYM}0`] },
    { ...REQUEST, reason: undefined },
    { ...REQUEST, reason: 'ab  ' },
    { ...REQUEST, reason: 'x'.repeat(501) },
    { ...REQUEST, reason: ['a', 'b', 'c'] },
    { ...REQUEST, caller: '' },
    { ...REQUEST, caller: 'x'.repeat(201) },
  ])('is refused where no command makes it (%#)', (request) => {
    expect(() => readRecovery(request)).toThrow(REFUSED);
  });
});

describe('a request to erase', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 25, 23, 59) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.for([{ user: 'u' }, { user: 'x'.repeat(256) }, { month: '2026-11' }, { before: '2026-11-24' }])(
    'names a user, a month or the day before which nothing is kept: %j',
    (request) => {
      expect(readErasure(request)).toBeTypeOf('function');
    },
  );

  test.for([
    null,
    undefined,
    'u',
    {},
    { user: 'u', month: '2026-11' },
    { user: 'u', more: 1 },
    { user: '' },
    { user: 'x'.repeat(257) },
    { user: 7 },
    { user: ['u'] },
    { month: '2026-1' },
    { month: '2026-11-01' },
    { month: ' 2026-11' },
    { month: 'xxxx-xx' },
    { before: '2026-11-25' },
    { before: '2026-11-26' },
    { before: '2026-11' },
    { before: '2020-11-01 ' },
    { before: '12020-11-01' },
    { before: '2020-xx-xx' },
  ])('is refused where it is another, or would erase what is of today: %j', (request) => {
    expect(() => readErasure(request)).toThrow(REFUSED);
  });
});
