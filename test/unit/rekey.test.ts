import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rekeyed } from '../../lambda/jobs/rekey/move-pseudonyms.ts';
import { boundaryAfter } from '../../lambda/jobs/rekey/rekey.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { canonicalDeviceId, canonicalIp, countingKey } from '../support/pseudonyms.ts';

const ALL = { low: '', high: null };
const keys = (layer: number) => deriveMaskKeys(countingKey(0), countingKey(layer));
const ROTATION = {
  from: { kid: 'k2', block: keys(0x20).layer.block },
  to: { kid: 'k3', block: keys(0x40).layer.block },
};
const [K2, K3] = [createMasker('k2', keys(0x20)), createMasker('k3', keys(0x40))] as const;

test('a pseudonym under the new key is what masking its value with that gives', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ maxLength: 40, unit: 'grapheme' }))), (texts) => {
      const values = texts.flatMap((text) => [
        canonicalIp(text?.trim() ? text : null),
        canonicalDeviceId(text || null),
      ]);
      const old = K2.mask(values);
      expect(rekeyed(old, ROTATION, ALL).values).toEqual(K3.mask(values));
    }),
  );
});

test('what is not under the old key, or not within the range, stays as it is', () => {
  const under = (digits: string) => `k2_${digits.padEnd(32, '0')}`;
  const zeros = '0'.repeat(32);
  const odd = [null, '', 'k2_', `k22_${zeros}`, `k2_${zeros}0`, `K2_${zeros}`, `k3_${zeros}`];
  expect(rekeyed(odd, ROTATION, ALL)).toEqual({ values: odd, count: 0 });
  const values = [under('0f'), under('1'), under('1f'), under('2')];
  const { values: moved, count } = rekeyed(values, ROTATION, { low: '1', high: '2' });
  expect(count).toBe(2);
  expect(moved.map((value, i) => value === values[i])).toEqual([true, false, false, true]);
});

test.for([
  ['', 1, null],
  ['', 16, '1'],
  ['e', 16, 'f'],
  ['f', 16, null],
  ['0f', 16, '1'],
  ['', 256, '01'],
  ['1', 256, '10'],
  ['ff', 256, null],
] as const)('after the frontier %j, in %i steps, comes %j', ([frontier, steps, boundary]) => {
  expect(boundaryAfter(frontier, steps)).toBe(boundary);
});
