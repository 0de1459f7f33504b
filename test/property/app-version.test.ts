import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAppVersion } from '../../lambda/message/fields/app-version.ts';

type Parts = readonly [major: number, minor: number, patch: number];

const part = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 999 }));
const parts: fc.Arbitrary<Parts> = fc.tuple(fc.oneof(part, fc.integer({ min: 0, max: 2_146 })), part, part);
const suffix = fc.constantFrom('', '.0', '.77', '-beta.1', '+45', '.9-rc.1');

function compare(a: Parts, b: Parts): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

test('integers sort as versions do, and only equal versions are equal', () => {
  fc.assert(
    fc.property(parts, parts, suffix, suffix, (a, b, endOfA, endOfB) => {
      const difference = Number(parseAppVersion(a.join('.') + endOfA)) - Number(parseAppVersion(b.join('.') + endOfB));
      expect(Math.sign(difference)).toBe(Math.sign(compare(a, b)));
    }),
    { numRuns: 2_000 },
  );
});

test('the parts can be read back from the integer', () => {
  fc.assert(
    fc.property(parts, (version) => {
      const stored = Number(parseAppVersion(version.join('.')));
      expect([Math.floor(stored / 1e6), Math.floor(stored / 1e3) % 1e3, stored % 1e3]).toEqual(version);
    }),
  );
});

test('parts that are missing are zero', () => {
  fc.assert(
    fc.property(parts, ([major, minor]) => {
      expect(parseAppVersion(`${major}`)).toBe(parseAppVersion(`${major}.0.0`));
      expect(parseAppVersion(`${major}.${minor}`)).toBe(parseAppVersion(`${major}.${minor}.0`));
    }),
  );
});

test('a part beyond its limit is refused wherever it stands', () => {
  const major = fc.tuple(fc.integer({ min: 2_147 }), part, part);
  const minor = fc.tuple(part, fc.integer({ min: 1_000 }), part);
  const patch = fc.tuple(part, part, fc.integer({ min: 1_000 }));
  fc.assert(
    fc.property(fc.oneof(major, minor, patch), (version) => {
      expect(parseAppVersion(version.join('.'))).toBeNull();
    }),
  );
});

test('whatever is accepted is an integer of Postgres', () => {
  const text = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9]{1,12}([.][0-9]{1,12}){0,4}$/),
    fc.stringMatching(/^[0-9]{1,4}([.][0-9]{1,3}){0,4}[-+.][0-9a-z.+-]{0,5}$/),
  );
  fc.assert(
    fc.property(text, (input) => {
      const version = parseAppVersion(input) ?? 0;
      expect(Number.isInteger(version) && version >= 0 && version <= 2_147_483_647).toBe(true);
    }),
  );
});
