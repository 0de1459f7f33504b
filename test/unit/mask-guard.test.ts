import { expect, test } from 'vitest';
import { isStateChange, maskGuard } from '../../lambda/store/write/mask-guard.ts';

const STATE = { kid: 'k1', nextKid: null, frontier: '', generation: '0' };

test.for([
  [STATE, "'k1', null, '', 0"],
  [
    { kid: 'k12', nextKid: 'k9999', frontier: 'f'.repeat(32), generation: '9223372036854775807' },
    `'k12', 'k9999', '${'f'.repeat(32)}', 9223372036854775807`,
  ],
  [{ ...STATE, nextKid: 'k2', frontier: '0a' }, "'k1', 'k2', '0a', 0"],
] as const)('a write first says under which state it was masked, and at read committed: %j', ([state, args]) => {
  expect(maskGuard(state)).toEqual([
    'set transaction isolation level read committed',
    `do $$ begin perform mask_guard(${args}); end $$`,
  ]);
});

test.for([
  { kid: '' },
  { kid: 'k0' },
  { kid: "k1', null, '', 0); end $$; drop table vault; --" },
  { nextKid: '' },
  { nextKid: "k2'" },
  { frontier: "'0a" },
  { frontier: "0a'" },
  { frontier: '0A' },
  { frontier: '0'.repeat(33) },
  { generation: '' },
  { generation: '-1' },
  { generation: '1); --' },
  { generation: ';1' },
  { generation: '1'.repeat(20) },
])('nothing that is not a state gets into a statement, which has no parameters: %j', (wrong) => {
  expect(() => maskGuard({ ...STATE, ...wrong })).toThrow(new RangeError('the masking state is not one'));
});

test('a write that was refused for its state is told from every other failure', () => {
  const refused = (code: unknown) => Object.assign(new Error('refused'), { code });
  expect(isStateChange(refused('LE001'))).toBe(true);
  const others = [refused('LE002'), refused(undefined), new Error('LE001'), { code: 'LE001' }, 'LE001', null];
  expect(others.filter(isStateChange)).toEqual([]);
});
