import { describe, expect, test } from 'vitest';
import { FIELD_NAMES } from '../../lambda/message/fields/fields.ts';
import { flatten } from '../../lambda/message/flatten.ts';
import { VALID_BODY } from '../support/records.ts';

const TOO_COMPLEX = { ok: false, reason: 'too_complex' };

function nested(depth: number, innermost: object): object {
  return depth === 0 ? innermost : { level: nested(depth - 1, innermost) };
}

function objectWithKeys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]));
}

describe('where a known key may stand', () => {
  test('a flat event keeps all its fields', () => {
    expect(flatten(VALID_BODY)).toEqual({ ok: true, fields: VALID_BODY, isEmpty: false, unknownKeys: 0 });
    expect(Object(flatten(VALID_BODY)).fields).toBe(VALID_BODY);
  });

  test('an event has all fields in their order, whichever are there and wherever they stand', () => {
    const flattened = flatten({ device: { ip: '192.0.2.1' } });
    expect(Object.keys(Object(flattened).fields)).toEqual(FIELD_NAMES);
  });

  test('a known key is taken out of nested objects', () => {
    const { ip, device_id, ...rest } = VALID_BODY;
    expect(flatten({ ...rest, device: { device_id, network: { ip } } })).toEqual({
      ok: true,
      fields: VALID_BODY,
      isEmpty: false,
      unknownKeys: 0,
    });
  });

  test('arrays are not entered', () => {
    expect(flatten({ events: [VALID_BODY] })).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 1 });
  });

  test('keys of the prototype are no fields', () => {
    expect(flatten(Object.create(VALID_BODY))).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 0 });
  });

  test('a key differs from a known one by its case', () => {
    expect(flatten({ IP: '192.0.2.17' })).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 1 });
  });

  test('null is a value, not an absence', () => {
    expect(flatten({ ip: null })).toEqual({ ok: true, fields: { ip: null }, isEmpty: false, unknownKeys: 0 });
  });
});

describe('the same key at two places', () => {
  test.for(FIELD_NAMES)('%s with equal values is one value, with unequal ones ambiguous', (name) => {
    const field = { [name]: VALID_BODY[name] };
    expect(flatten({ ...field, device: field })).toMatchObject({ ok: true, fields: field });
    for (const other of ['', null, 0, `${VALID_BODY[name]} `, [VALID_BODY[name]]]) {
      expect(flatten({ ...field, device: { [name]: other } })).toEqual({ ok: false, reason: `ambiguous ${name}` });
    }
  });

  test('null twice is null, and -0 is 0', () => {
    expect(flatten({ a: { ip: null }, b: { ip: null } })).toMatchObject({ ok: true, fields: { ip: null } });
    expect(flatten(JSON.parse('{"user_id":0,"a":{"user_id":-0}}')).ok).toBe(true);
  });

  test('a number and its text are not one value, nor are two objects', () => {
    const ambiguous = { ok: false, reason: 'ambiguous user_id' };
    expect(flatten({ user_id: 7, a: { user_id: '7' } })).toEqual(ambiguous);
    expect(flatten({ user_id: {}, a: { user_id: {} } })).toEqual(ambiguous);
  });

  test('equal twice and then unequal is ambiguous', () => {
    expect(flatten({ ip: 'x', a: { ip: 'x' }, b: { ip: 'y' } })).toEqual({ ok: false, reason: 'ambiguous ip' });
  });

  test('an unknown key may stand anywhere', () => {
    expect(flatten({ note: 1, a: { note: 2 } })).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 2 });
  });
});

describe('unknown keys', () => {
  test('are counted, the objects walked through are not', () => {
    const event = { ...VALID_BODY, a: 1, b: { c: 'text', d: null, e: {} }, f: [] };
    expect(flatten(event)).toEqual({ ok: true, fields: VALID_BODY, isEmpty: false, unknownKeys: 4 });
  });

  test.for(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is a key like any other', (key) => {
    const scalar = JSON.parse(`{"${key}": 1}`);
    const object = JSON.parse(`{"${key}": {"ip": "192.0.2.17"}}`);
    expect(flatten(scalar)).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 1 });
    expect(flatten(object)).toEqual({ ok: true, fields: { ip: '192.0.2.17' }, isEmpty: false, unknownKeys: 0 });
  });

  test('__proto__ in a message changes no other object', () => {
    flatten(JSON.parse('{"__proto__": {"locale": "RU"}, "constructor": {"prototype": {"user_id": "x"}}}'));
    expect(Object.prototype).not.toHaveProperty('locale');
    expect(Object.prototype).not.toHaveProperty('user_id');
  });
});

describe('limits', () => {
  test('eight levels of nesting are walked', () => {
    expect(flatten(nested(8, VALID_BODY))).toEqual({ ok: true, fields: VALID_BODY, isEmpty: false, unknownKeys: 0 });
  });

  test('a ninth level is too complex', () => {
    expect(flatten(nested(9, VALID_BODY))).toEqual(TOO_COMPLEX);
  });

  test('a body of 100,000 levels is too complex and does not overflow the stack', () => {
    const body = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(flatten(JSON.parse(body))).toEqual(TOO_COMPLEX);
  });

  test('a thousand nodes are walked', () => {
    expect(flatten(objectWithKeys(1_000))).toEqual({ ok: true, fields: {}, isEmpty: true, unknownKeys: 1_000 });
  });

  test('one node more is too complex', () => {
    expect(flatten(objectWithKeys(1_001))).toEqual(TOO_COMPLEX);
  });

  test('the nodes are counted over all objects together', () => {
    const part = objectWithKeys(333);
    expect(flatten({ a: part, b: part, c: objectWithKeys(331) }).ok).toBe(true);
    expect(flatten({ a: part, b: part, c: objectWithKeys(332) })).toEqual(TOO_COMPLEX);
  });
});
