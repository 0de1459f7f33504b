import { describe, expect, test } from 'vitest';
import type { FlatEvent } from '../../lambda/message/flatten.ts';
import { checkLoginEvent } from '../../lambda/message/login-event.ts';
import { FIELD_NAMES, type FieldName } from '../../lambda/message/rejection.ts';
import { VALID_BODY } from '../support/records.ts';

const SMILE = '😀';
const REQUIRED = ['user_id', 'app_version', 'device_type'] as const;
const NOT_MISSING = [...REQUIRED, 'ip', 'device_id'] as const;
const STORED_TEXTS = ['user_id', 'device_type', 'ip', 'locale', 'device_id'] as const;

function checkWith(changes: FlatEvent) {
  return checkLoginEvent({ ...VALID_BODY, ...changes });
}

function rejected(reason: string) {
  return { ok: false, reason };
}

function checkWithout(name: FieldName) {
  return checkLoginEvent(Object.fromEntries(Object.entries(VALID_BODY).filter(([key]) => key !== name)));
}

describe('a valid event', () => {
  test('keeps its texts and gets its version as a number', () => {
    expect(checkLoginEvent(VALID_BODY)).toEqual({ ok: true, event: { ...VALID_BODY, app_version: 2_003_000 } });
  });

  test('is read from a map without prototype', () => {
    const fields = Object.assign(Object.create(null), VALID_BODY);
    expect(checkLoginEvent(fields)).toMatchObject({ ok: true, event: { user_id: VALID_BODY.user_id } });
  });
});

describe('missing and null', () => {
  test.for(NOT_MISSING)('a missing %s is rejected', (name) => {
    expect(checkWithout(name)).toEqual(rejected(`missing ${name}`));
  });

  test('a missing locale is null', () => {
    expect(checkWithout('locale')).toMatchObject({ ok: true, event: { locale: null } });
  });

  test.for(['ip', 'locale', 'device_id'] as const)('%s may be null', (name) => {
    expect(checkWith({ [name]: null })).toMatchObject({ ok: true, event: { [name]: null } });
  });

  test.for(REQUIRED)('%s must not be null', (name) => {
    expect(checkWith({ [name]: null })).toEqual(rejected(`wrong_type ${name}`));
  });
});

describe('types', () => {
  const values = [0, 230, true, false, [], ['text'], {}, { value: 'text' }];
  test.for(FIELD_NAMES)('%s must be a string', (name) => {
    for (const value of values) expect(checkWith({ [name]: value })).toEqual(rejected(`wrong_type ${name}`));
  });
});

describe('empty texts', () => {
  test.for(['user_id', 'device_type'] as const)('an empty %s is rejected', (name) => {
    expect(checkWith({ [name]: '' })).toEqual(rejected(`empty ${name}`));
  });

  test('an empty locale is null', () => {
    expect(checkWith({ locale: '' })).toMatchObject({ ok: true, event: { locale: null } });
  });

  test('an empty app_version is no version', () => {
    expect(checkWith({ app_version: '' })).toEqual(rejected('bad_version'));
  });

  test.for(['ip', 'device_id'] as const)('an empty %s is accepted', (name) => {
    expect(checkWith({ [name]: '' }).ok).toBe(true);
  });
});

describe('length in code points, as varchar counts', () => {
  const limits = [
    ['user_id', 128],
    ['device_type', 32],
    ['locale', 32],
  ] as const;

  test.for(limits)('%s of %i is accepted, letters or surrogate pairs', ([name, limit]) => {
    for (const text of ['x'.repeat(limit), SMILE.repeat(limit), `${SMILE.repeat(limit - 1)}x`]) {
      expect(checkWith({ [name]: text })).toMatchObject({ ok: true, event: { [name]: text } });
    }
  });

  test.for(limits)('%s of more than %i is rejected, letters or surrogate pairs', ([name, limit]) => {
    for (const text of ['x'.repeat(limit + 1), SMILE.repeat(limit + 1), `${SMILE.repeat(limit)}x`]) {
      expect(checkWith({ [name]: text })).toEqual(rejected(`too_long ${name}`));
    }
  });

  test.for(['ip', 'device_id'] as const)('%s has no limit, since its pseudonym has one length', (name) => {
    expect(checkWith({ [name]: 'x'.repeat(10_000) }).ok).toBe(true);
  });
});

describe('text that the database would refuse or change', () => {
  const badTexts = ['\0', 'a\0b', '\ud800', 'a\ud83d', '\ude00a', '\ude00\ud83d'];

  test.for(STORED_TEXTS)('%s has neither U+0000 nor a lone surrogate', (name) => {
    for (const text of badTexts) expect(checkWith({ [name]: text })).toEqual(rejected(`bad_text ${name}`));
  });

  test.for(STORED_TEXTS)('%s may hold other control characters and surrogate pairs', (name) => {
    expect(checkWith({ [name]: `\u0001\n${SMILE}\ufffd` }).ok).toBe(true);
  });

  test('in app_version it is no version', () => {
    for (const text of badTexts) expect(checkWith({ app_version: text })).toEqual(rejected('bad_version'));
  });
});

test('of several faults the first field in the order of the contract is named', () => {
  expect(checkLoginEvent({ device_id: 1, ip: 2, user_id: 'u', app_version: 'x' })).toEqual(rejected('bad_version'));
  expect(checkLoginEvent({ device_id: 1, ip: 2, user_id: '', app_version: 'x' })).toEqual(rejected('empty user_id'));
});
