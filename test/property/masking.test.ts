import { createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { canonicalDeviceId, canonicalIp, maskDeviceId, maskIp } from '../support/pseudonyms.ts';

const PSEUDONYM = /^k\d+t?_[0-9a-f]{32}$/;

const FIXED = Buffer.alloc(32, 'fixed');
const master = fc.uint8Array({ minLength: 32, maxLength: 64 });

const deviceId = fc.oneof(
  fc.stringMatching(/^[0-9]{3}-[0-9]{2}-[0-9]{4}$/),
  fc.uuid(),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
/** A shorter text of hex digits alone could be in a pseudonym by chance. */
const hexText = fc.stringMatching(/^[0-9a-f]{12,64}$/);
const otherText = fc.string({ unit: 'grapheme', minLength: 4 }).filter((text) => /[^0-9a-f]/.test(text.trim()));
const input = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6(),
    deviceId.filter((text) => text.trim().length >= 4),
    hexText,
    otherText,
  )
  .filter((text) => canonicalIp(text) !== null && canonicalDeviceId(text) !== null);

/** The way back, which no code needs before a layer is replaced. */
function decrypt(layer: Uint8Array, masked: string): string {
  const decipher = createDecipheriv('aes-256-ecb', deriveMaskKeys(FIXED, layer).layer.block, null).setAutoPadding(
    false,
  );
  return decipher.update(masked.replace(/^.*_/, ''), 'hex', 'hex');
}

describe('a pseudonym', () => {
  test('has its form and never holds the input, whatever that is', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 99 }), (text, number) => {
        const masker = createMasker(`k${number}`, deriveMaskKeys(Buffer.alloc(32, number), Buffer.alloc(32, -number)));
        for (const masked of [maskIp(text, masker), maskDeviceId(text, masker)]) {
          expect(masked).toMatch(PSEUDONYM);
          if (text.length >= 4) expect(masked).not.toContain(text);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('differs between fields, for addresses and for texts', () => {
    fc.assert(fc.property(input, (text) => maskIp(text) !== maskDeviceId(text)));
  });

  test('is the same from the same root and layer, and differs if either does', () => {
    fc.assert(
      fc.property(master, master, input, (one, other, text) => {
        const isSame = Buffer.compare(one, other) === 0;
        const [a, b] = ([one, other] as const).map((root) => createMasker('k1', deriveMaskKeys(root, FIXED)));
        const [c, d] = ([one, other] as const).map((layer) => createMasker('k1', deriveMaskKeys(FIXED, layer)));
        const again = createMasker('k1', deriveMaskKeys(one, FIXED));
        expect(maskIp(text, a)).toEqual(maskIp(text, again));
        expect(maskIp(text, a) === maskIp(text, b)).toBe(isSame);
        expect(maskDeviceId(text, a) === maskDeviceId(text, b)).toBe(isSame);
        expect(maskIp(text, c) === maskIp(text, d)).toBe(isSame);
        expect(a?.checks[0]?.value === b?.checks[0]?.value).toBe(isSame);
        expect(c?.checks[1]?.value === d?.checks[1]?.value).toBe(isSame);
      }),
    );
  });
});

test('a layer can be taken off and another one put on without the value or the root', () => {
  fc.assert(
    fc.property(master, master, input, (one, other, text) => {
      const [a, b] = ([one, other] as const).map((layer) => createMasker('k1', deriveMaskKeys(FIXED, layer)));
      expect(decrypt(one, maskDeviceId(text, a) ?? '')).toBe(decrypt(other, maskDeviceId(text, b) ?? ''));
    }),
  );
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
    (text) => [...text].slice(0, -1).join(''),
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
        fc.pre(canonicalDeviceId(a) !== null && canonicalDeviceId(b) !== null);
        const isSame = a.normalize('NFC') === b.normalize('NFC');
        expect(maskDeviceId(a) === maskDeviceId(b)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  test('of a whole set keep their number', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          deviceId.filter((text) => canonicalDeviceId(text) !== null),
          { selector: (text) => text.normalize('NFC'), maxLength: 50 },
        ),
        (ids) => {
          expect(new Set(ids.map((id) => maskDeviceId(id))).size).toBe(ids.length);
        },
      ),
    );
  });
});
