import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveFieldKeys } from '../../lambda/masking/field-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';

const PSEUDONYM = /^k\d+_[0-9a-f]{64}$/;

const master = fc.uint8Array({ minLength: 32, maxLength: 64 });
const masker = createMasker('k1', deriveFieldKeys(Uint8Array.from({ length: 32 }, (_, i) => i)));

const deviceId = fc.oneof(
  fc.stringMatching(/^[0-9]{3}-[0-9]{2}-[0-9]{4}$/),
  fc.uuid(),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
/** A shorter text of hex digits alone could be in a pseudonym by chance. */
const hexText = fc.stringMatching(/^[0-9a-f]{12,64}$/);
const otherText = fc.string({ unit: 'grapheme', minLength: 4 }).filter((text) => /[^0-9a-f]/.test(text.trim()));
const input = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  deviceId.filter((text) => text.trim().length >= 4),
  hexText,
  otherText,
);

describe('a pseudonym', () => {
  test('has its form and never holds the input, whatever that is', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 99 }), (text, number) => {
        const { maskIp, maskDeviceId } = createMasker(`k${number}`, deriveFieldKeys(Buffer.alloc(32, number)));
        for (const masked of [maskIp(text).masked, maskDeviceId(text)]) {
          expect(masked).toMatch(PSEUDONYM);
          if (text.length >= 4) expect(masked).not.toContain(text);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('differs between fields, for addresses and for texts', () => {
    fc.assert(fc.property(input, (text) => masker.maskIp(text).masked !== masker.maskDeviceId(text)));
  });

  test('is the same from the same master and another from another one', () => {
    fc.assert(
      fc.property(master, master, input, (one, other, text) => {
        const again = createMasker('k1', deriveFieldKeys(one));
        const masks = [one, other].map((bytes) => createMasker('k1', deriveFieldKeys(bytes)));
        expect(masks[0]?.maskIp(text)).toEqual(again.maskIp(text));
        const isSame = Buffer.compare(one, other) === 0;
        expect(masks[0]?.maskIp(text).masked === masks[1]?.maskIp(text).masked).toBe(isSame);
        expect(masks[0]?.maskDeviceId(text) === masks[1]?.maskDeviceId(text)).toBe(isSame);
        expect(masks[0]?.checkValue === masks[1]?.checkValue).toBe(isSame);
      }),
    );
  });
});

describe('device ids', () => {
  /** Decomposed and composed forms, and near misses that must stay apart. */
  const variant = fc.constantFrom<((text: string) => string)[]>(
    (text) => text,
    (text) => text.normalize('NFC'),
    (text) => text.normalize('NFD'),
    (text) => text.normalize('NFKC'),
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
    (text) => text.trim(),
    (text) => `${text} `,
    (text) => text.slice(0, -1),
  );
  const accented = fc
    .array(fc.constantFrom('e\u0301', '\u00e9', '\u212b', '\u00c5', 'A\u030a', 'x', 'X', '\ufb01', '\uac00', ' '), {
      minLength: 1,
      maxLength: 6,
    })
    .map((letters) => letters.join(''));

  test('equal in NFC, and only those, get equal pseudonyms', () => {
    fc.assert(
      fc.property(fc.oneof(accented, deviceId), variant, variant, (text, one, other) => {
        const [a, b] = [one(text), other(text)];
        const isSame = a.normalize('NFC') === b.normalize('NFC');
        expect(masker.maskDeviceId(a) === masker.maskDeviceId(b)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a whole set keep their number', () => {
    fc.assert(
      fc.property(fc.uniqueArray(deviceId, { selector: (text) => text.normalize('NFC'), maxLength: 50 }), (ids) => {
        expect(new Set(ids.map(masker.maskDeviceId)).size).toBe(ids.length);
      }),
    );
  });
});
