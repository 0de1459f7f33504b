import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIELDS } from '../../lambda/message/fields/fields.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const DESCRIPTIVE = ['device_type', 'locale', 'app_version'] as const;

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.stringMatching(/^[vV ]?[0-9.]{0,40}[-+(_~a-z.,;@]{0,4}$/),
  fc.constantFrom('', '\0', '\ud800', '2.3.0\u00a0', `${'x'.repeat(40)},de`),
);

test('whatever text or null a descriptive field holds, it costs no login, and what is stored fits', () => {
  fc.assert(
    fc.property(fc.constantFrom(...DESCRIPTIVE), fc.option(anyText), (name, value) => {
      const result = parseMessage(sqsRecord({ ...VALID_BODY, [name]: value }, { sentAt: 1 }), 1);
      if (!result.ok) throw new Error(result.reason);
      const stored = result.event[name];
      if (typeof stored === 'string') {
        expect([...stored].length).toBeLessThanOrEqual((FIELDS[name] as { limit: number }).limit);
        expect(stored.isWellFormed() && !stored.includes('\0')).toBe(true);
      }
      // Nothing is changed silently: what is stored is what came, or there is a count, or nothing came.
      const isKept = stored === value || (typeof stored === 'number' && result.changes.length === 0);
      const isLocaleWithout = name === 'locale' && (value === null || value === '');
      expect(isKept || isLocaleWithout || result.changes.length > 0).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('only its type, its lack and a second, unequal value let a descriptive field cost the login', () => {
  const anyJson = fc.jsonValue({ maxDepth: 2 });
  const place = fc.constantFrom('same', 'absent', 'twice');
  fc.assert(
    fc.property(fc.constantFrom(...DESCRIPTIVE), anyJson, anyJson, place, (name, value, other, where) => {
      const { [name]: _, ...rest } = VALID_BODY;
      const own = where === 'absent' ? {} : { [name]: value };
      const body = { ...rest, ...own, ...(where === 'twice' && { device: { [name]: other } }) };
      const result = parseMessage(sqsRecord(body, { sentAt: 1 }), 1);
      if (!result.ok) expect([`wrong_type ${name}`, `missing ${name}`, `ambiguous ${name}`]).toContain(result.reason);
    }),
    { numRuns: 2_000 },
  );
});
