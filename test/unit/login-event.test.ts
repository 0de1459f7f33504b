import { describe, expect, test } from 'vitest';
import { FIELD_NAMES, FIELDS, type FieldName } from '../../lambda/message/fields/fields.ts';
import type { FlatEvent } from '../../lambda/message/flatten.ts';
import { checkLoginEvent } from '../../lambda/message/login-event.ts';
import { VALID_BODY } from '../support/records.ts';

const SMILE = '😀';
const BAD_TEXTS = ['\0', 'a\0b', '\ud800', 'a\ud83d', '\ude00a', '\ude00\ud83d'];

const checkWith = (changes: FlatEvent) => checkLoginEvent({ ...VALID_BODY, ...changes });
const rejected = (reason: string) => ({ ok: false, reason });
const accepted = (name: FieldName, value: unknown, ...changes: string[]) => ({
  ok: true,
  event: { [name]: value },
  changes,
});

function checkWithout(name: FieldName) {
  return checkLoginEvent(Object.fromEntries(Object.entries(VALID_BODY).filter(([key]) => key !== name)));
}

describe('a valid event', () => {
  const event = {
    ...VALID_BODY,
    app_version: 2_003_000,
    ip: { key: 'ip', text: VALID_BODY.ip },
    device_id: { key: 'deviceId', text: VALID_BODY.device_id },
  };

  test('keeps its texts, and gets its version as a number and its secrets with their keys', () => {
    expect(checkLoginEvent(VALID_BODY)).toEqual({ ok: true, event, changes: [] });
  });

  test('is read from a map without prototype', () => {
    const fields = Object.assign(Object.create(null), VALID_BODY);
    expect(checkLoginEvent(fields)).toEqual({ ok: true, event, changes: [] });
  });
});

describe('missing', () => {
  test.for(['user_id', 'ip', 'device_id', 'device_type', 'app_version'] as const)('%s is rejected', (name) => {
    expect(checkWithout(name)).toEqual(rejected(`missing ${name}`));
  });

  test('locale is null', () => {
    expect(checkWithout('locale')).toMatchObject(accepted('locale', null));
  });
});

describe('null and the empty text', () => {
  test('cost the message in user_id', () => {
    expect(checkWith({ user_id: null })).toEqual(rejected('wrong_type user_id'));
    expect(checkWith({ user_id: '' })).toEqual(rejected('empty user_id'));
  });

  test.for([
    ['ip', []],
    ['device_id', []],
    ['locale', []],
    ['device_type', ['no_device_type']],
    ['app_version', ['no_version']],
  ] as const)('are null in %s, counted as %j', ([name, changes]) => {
    for (const value of [null, '']) {
      expect(checkWith({ [name]: value })).toMatchObject(accepted(name, null, ...changes));
    }
  });
});

describe('another type', () => {
  const others: unknown[] = [true, false, [], ['x'], {}, { x: 1 }, 1.5, 2 ** 53, -(2 ** 53), 1e300];

  test.for(FIELD_NAMES)('of %s costs the message', (name) => {
    for (const value of others) expect(checkWith({ [name]: value })).toEqual(rejected(`wrong_type ${name}`));
  });

  test.for(['ip', 'device_type', 'locale', 'app_version'] as const)('as a number is one of %s', (name) => {
    for (const value of [0, 2, 2.3]) expect(checkWith({ [name]: value })).toEqual(rejected(`wrong_type ${name}`));
  });

  test.for([
    [4711, '4711'],
    [-7, '-7'],
    [0, '0'],
    [-0, '0'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [Number.MIN_SAFE_INTEGER, '-9007199254740991'],
  ] as const)('a safe integer like %d is a user id', ([value, text]) => {
    expect(checkWith({ user_id: value })).toMatchObject(accepted('user_id', text, 'number_user_id'));
  });
});

describe('length in code points, as varchar counts', () => {
  test('user_id of 128 is accepted, letters or surrogate pairs, and a longer one rejected', () => {
    for (const text of ['x'.repeat(128), SMILE.repeat(128), `${SMILE.repeat(127)}x`]) {
      expect(checkWith({ user_id: text })).toMatchObject(accepted('user_id', text));
      expect(checkWith({ user_id: `${text}x` })).toEqual(rejected('too_long user_id'));
    }
  });

  test('device_type is cut at 32', () => {
    for (const text of ['x'.repeat(32), SMILE.repeat(32), `x${SMILE.repeat(31)}`]) {
      expect(checkWith({ device_type: text })).toMatchObject(accepted('device_type', text));
      const cut = accepted('device_type', text, 'cut_device_type');
      expect(checkWith({ device_type: `${text}${SMILE}` })).toMatchObject(cut);
      expect(checkWith({ device_type: text + 'y'.repeat(1_000_000) })).toMatchObject(cut);
    }
  });

  test('locale of more than 32 is its first tag', () => {
    for (const text of ['x'.repeat(32), SMILE.repeat(32)]) {
      expect(checkWith({ locale: text })).toMatchObject(accepted('locale', text));
      for (const separator of [',', ';', '@', ' ', '\t', '\n', '\v', '\f', '\r']) {
        const long = text + separator + 'y'.repeat(40);
        expect(checkWith({ locale: long })).toMatchObject(accepted('locale', text, 'cut_locale'));
      }
    }
    const long = 'de-CH,de;q=0.9,en-US;q=0.8,en;q=0.7';
    expect(checkWith({ locale: long })).toMatchObject(accepted('locale', 'de-CH', 'cut_locale'));
  });

  test('locale that fits keeps its separators', () => {
    for (const text of ['de-CH,de;q=0.9', 'de_DE@currency=EUR', ' de ', '*']) {
      expect(checkWith({ locale: text })).toMatchObject(accepted('locale', text));
    }
  });

  test('locale whose first tag is empty or too long is null', () => {
    for (const text of ['x'.repeat(33), `${'x'.repeat(33)},de`, `,${'x'.repeat(40)}`, ` ${'x'.repeat(40)}`]) {
      expect(checkWith({ locale: text })).toMatchObject(accepted('locale', null, 'bad_locale'));
    }
  });

  test.for(['ip', 'device_id'] as const)('%s has no limit, since its pseudonym has one length', (name) => {
    expect(checkWith({ [name]: 'x'.repeat(10_000) }).ok).toBe(true);
  });
});

describe('text that the database would refuse or change', () => {
  test.for(['user_id', 'ip', 'device_id'] as const)('costs the message in %s', (name) => {
    for (const text of BAD_TEXTS) expect(checkWith({ [name]: text })).toEqual(rejected(`bad_text ${name}`));
  });

  test('is replaced in device_type, before it is cut', () => {
    const stored = ['\ufffd', 'a\ufffdb', '\ufffd', 'a\ufffd', '\ufffda', '\ufffd\ufffd'];
    for (const [i, text] of BAD_TEXTS.entries()) {
      const expected = accepted('device_type', stored[i], 'bad_text_device_type');
      expect(checkWith({ device_type: text })).toMatchObject(expected);
    }
    const both = accepted('device_type', '\ufffd'.repeat(32), 'bad_text_device_type', 'cut_device_type');
    expect(checkWith({ device_type: '\0'.repeat(40) })).toMatchObject(both);
  });

  test('makes locale null, also behind where it would be cut', () => {
    for (const text of [...BAD_TEXTS, `de,${'x'.repeat(40)}\0`]) {
      expect(checkWith({ locale: text })).toMatchObject(accepted('locale', null, 'bad_locale'));
    }
  });

  test('in app_version is not a version, or follows one', () => {
    for (const text of BAD_TEXTS) {
      expect(checkWith({ app_version: text })).toMatchObject(accepted('app_version', null, 'version_unreadable'));
    }
    expect(checkWith({ app_version: '2.3.0-\0' })).toMatchObject(accepted('app_version', 2_003_000));
  });

  test.for(['user_id', 'device_type', 'ip', 'locale', 'device_id'] as const)(
    '%s may hold other control characters and surrogate pairs',
    (name) => {
      const result = checkWith({ [name]: `\u0001\n${SMILE}\ufffd` });
      expect(result).toMatchObject({ ok: true, changes: name === 'ip' ? ['ip_text'] : [] });
    },
  );
});

test('all changes of an event are reported, in the order of the fields', () => {
  const event = { user_id: 7, app_version: '2', device_type: null, ip: '192.0.2.1:80', locale: '\0', device_id: '0' };
  const changes = ['number_user_id', 'no_device_type', 'ip_port', 'bad_locale', 'placeholder_device'];
  expect(checkLoginEvent(event)).toMatchObject({ ok: true, changes });
});

test('of several faults the first field in the order of the declaration is named', () => {
  expect(checkLoginEvent({ device_id: {}, ip: 2, user_id: 'u', app_version: 1 })).toEqual(
    rejected('wrong_type app_version'),
  );
  expect(checkLoginEvent({ device_id: {}, ip: 2, user_id: '', app_version: 1 })).toEqual(rejected('empty user_id'));
});

test('each field declares why it can cost the message', () => {
  const values = [undefined, null, '', 1, 1.5, {}, '\0', 'x'.repeat(1_000)];
  for (const name of FIELD_NAMES) {
    const reasons = values.flatMap((value) => {
      const result = checkWith({ [name]: value });
      return result.ok ? [] : [result.reason];
    });
    expect(new Set(reasons)).toEqual(new Set(FIELDS[name].rejects.map((problem) => `${problem} ${name}`)));
  }
});
