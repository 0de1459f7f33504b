import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIELD_NAMES } from '../../lambda/message/fields/fields.ts';
import { flatten } from '../../lambda/message/flatten.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

type Nested = { [key: string]: unknown };

const wrapper = fc.constantFrom('device', 'detail', 'data', '__proto__', 'constructor', 'IP', '');
const path = fc.array(wrapper, { maxLength: 8 });
const paths = fc.array(path, { minLength: FIELD_NAMES.length, maxLength: FIELD_NAMES.length });
/** What stands beside the fields; an array may hold their names, since it is not entered. */
const noise = fc.dictionary(
  fc.string().map((name) => `unknown ${name}`),
  fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, [VALID_BODY], [{ ip: '198.51.100.1' }])),
  { maxKeys: 5 },
);

/** Objects without prototype, in which `__proto__` can be set like any key. */
function nest(paths: readonly string[][], order: readonly number[]): Nested {
  const root: Nested = Object.create(null);
  for (const i of order) {
    const name = FIELD_NAMES[i] as (typeof FIELD_NAMES)[number];
    let at = root;
    for (const key of paths[i] ?? []) {
      at[key] ??= Object.create(null);
      at = at[key] as Nested;
    }
    at[name] = VALID_BODY[name];
  }
  return root;
}

const order = fc.shuffledSubarray([...FIELD_NAMES.keys()], { minLength: FIELD_NAMES.length });

test('an event is the same however its fields are nested and ordered, and whatever stands beside them', () => {
  const flat = parseMessage(sqsRecord(VALID_BODY, { messageId: 'x', sentAt: 1 }), 1);
  expect(flat.ok).toBe(true);
  fc.assert(
    fc.property(paths, order, noise, (where, fields, others) => {
      const body = JSON.stringify(Object.assign(nest(where, fields), others));
      const result = parseMessage(sqsRecord(body, { messageId: 'x', sentAt: 1 }), 1);
      expect(result).toEqual({ ...flat, unknownKeys: Object.keys(others).length });
    }),
    { numRuns: 1_000 },
  );
});

test('a field at a second place is ambiguous if it differs, wherever that place is', () => {
  fc.assert(
    fc.property(
      paths,
      order,
      path,
      fc.constantFrom(...FIELD_NAMES),
      fc.boolean(),
      (where, fields, second, name, isEqual) => {
        const original = where[FIELD_NAMES.indexOf(name)] ?? [];
        fc.pre(original.join('/') !== second.join('/'));
        const root = nest(where, fields);
        let at = root;
        for (const key of second) {
          at[key] ??= Object.create(null);
          at = at[key] as Nested;
        }
        at[name] = isEqual ? VALID_BODY[name] : 'x';
        const result = flatten(root);
        if (isEqual) expect(result).toMatchObject({ ok: true, fields: VALID_BODY });
        else expect(result).toEqual({ ok: false, reason: `ambiguous ${name}` });
      },
    ),
  );
});
