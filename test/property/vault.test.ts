import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { openValue, unwrap } from '../../lambda/masking/vault/open.ts';
import { seal } from '../../lambda/masking/vault/seal.ts';
import { countingKey } from '../support/pseudonyms.ts';
import { VAULT_KEYS } from '../support/vault.ts';

const texts = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 200 }).filter((text) => text.isWellFormed()),
  {
    minLength: 1,
    maxLength: 40,
  },
);
const masker = createMasker('k2', deriveMaskKeys(countingKey(0), countingKey(0x20)));
const pseudonym = (text: string | null) => masker.mask([text === null ? null : { key: 'deviceId', text }])[0];

test('whatever was sealed opens as it was', () => {
  fc.assert(
    fc.property(texts, (given) => {
      const { wrapped, values } = seal(given, VAULT_KEYS.key);
      const dataKey = unwrap(wrapped, VAULT_KEYS.privateKey);
      expect(values.map(({ seq, bytes }) => openValue(dataKey, seq, bytes))).toEqual(given);
      let next = 0;
      for (const { seq, bytes } of values) {
        expect(seq).toBe(next);
        next += bytes.length / 16;
      }
    }),
    { numRuns: 60 },
  );
});

test('a value that was moved or flipped does not match its pseudonym', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 2, maxLength: 10 }),
      fc.nat(),
      fc.nat(),
      (given, at, bit) => {
        const { wrapped, values } = seal(given, VAULT_KEYS.key);
        const dataKey = unwrap(wrapped, VAULT_KEYS.privateKey);
        const index = at % given.length;
        const wanted = pseudonym(given[index] as string);
        const { seq, bytes } = values[index] as (typeof values)[number];
        expect(pseudonym(openValue(dataKey, seq, bytes))).toBe(wanted);
        const other = values[(index + 1) % given.length] as (typeof values)[number];
        expect(pseudonym(openValue(dataKey, other.seq, other.bytes))).not.toBe(wanted);
        const flipped = Buffer.from(bytes);
        flipped[(bit >> 3) % bytes.length] = (flipped[(bit >> 3) % bytes.length] as number) ^ (1 << (bit & 7));
        expect(pseudonym(openValue(dataKey, seq, flipped))).not.toBe(wanted);
      },
    ),
    { numRuns: 60 },
  );
});
