import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELD_NAMES, FIELDS } from '../../lambda/message/fields/fields.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const FILE = join(import.meta.dirname, '..', '..', 'lambda', 'message', 'login-event.schema.json');
const accepts = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(FILE, 'utf8')));
const isRow = (event: unknown) => parseMessage(sqsRecord(event, { sentAt: 1 }), 1).ok;

describe('what the schema accepts becomes a row', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 140 }),
    fc.string({ unit: 'grapheme', maxLength: 140 }),
    fc.constantFrom('', '2.3.0', 'x'.repeat(33), 'x'.repeat(129), '😀'.repeat(128), 'a\0', '\ud800'),
  );
  const value = fc.oneof(
    { weight: 6, arbitrary: text },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 0, -0, 1.5, 2 ** 53, -(2 ** 53) + 1, true, [], {}) },
    { weight: 1, arbitrary: fc.double() },
  );
  const key = fc.oneof(
    fc.constantFrom(...FIELD_NAMES, 'Type', 'Message', 'Records', 'Event', '__proto__'),
    fc.string(),
  );
  const others = fc.oneof(
    fc.dictionary(key, fc.oneof(value, fc.constantFrom<unknown>('Notification', '{}', { ip: null }, [{ ip: '' }]))),
    fc.constant({}),
  );
  const event = fc
    .tuple(fc.dictionary(fc.constantFrom(...FIELD_NAMES), value, { maxKeys: 2 }), others, fc.subarray([...FIELD_NAMES]))
    .map(([changes, more, without]) => {
      const all: Record<string, unknown> = { ...VALID_BODY, ...changes, ...more };
      if (without.length < 2) for (const name of without) delete all[name];
      return all;
    });

  test('whatever it is', () => {
    let accepted = 0;
    fc.assert(
      fc.property(event, (drawn) => {
        // As it arrives: what JSON cannot hold is not there any more.
        const sent = JSON.parse(JSON.stringify(drawn));
        if (!accepts(sent)) return;
        accepted++;
        expect(isRow(sent)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test('with as many keys as there may be', () => {
    const wide = (keys: number) => ({
      ...VALID_BODY,
      ...Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])),
    });
    expect([accepts(wide(994)), isRow(wide(994))]).toEqual([true, true]);
    expect([accepts(wide(995)), isRow(wide(995))]).toEqual([false, false]);
  });
});

describe('the schema', () => {
  test('accepts a usual login, its examples, and null where it may be', () => {
    expect(accepts(VALID_BODY)).toBe(true);
    for (const name of FIELD_NAMES) {
      const examples = [...FIELDS[name].contract.examples, ...(FIELDS[name].nullable ? [null] : [])];
      for (const example of examples) expect([name, accepts({ ...VALID_BODY, [name]: example })]).toEqual([name, true]);
    }
  });

  test('counts code points', () => {
    expect(accepts({ ...VALID_BODY, user_id: '😀'.repeat(128), locale: '😀'.repeat(32) })).toBe(true);
    expect(accepts({ ...VALID_BODY, user_id: '😀'.repeat(129) })).toBe(false);
  });

  test('accepts nothing that would be changed by its length, its characters or for want of a version', () => {
    for (const odd of [
      { device_type: 'x'.repeat(33) },
      { locale: 'x'.repeat(33) },
      { device_type: '\0' },
      { locale: '\ud800' },
      { app_version: '1..2' },
      { app_version: '2147' },
      { app_version: '2.1000' },
    ]) {
      const result = parseMessage(sqsRecord({ ...VALID_BODY, ...odd }), 1);
      const isChanged = result.ok && result.changes.length > 0;
      expect([odd, isChanged, accepts({ ...VALID_BODY, ...odd })]).toEqual([odd, true, false]);
    }
  });
});
