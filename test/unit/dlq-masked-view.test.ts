import { describe, expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { toJson } from '../../tools/cli/printable.ts';
import { maskedView } from '../../tools/dlq/masked-view.ts';
import { maskDeviceId, maskIp } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const MASKER = createMasker('k1', deriveMaskKeys(Buffer.from('9d1f7c3ab2e84650b7c91d2e3f4a5b6c', 'utf8')));
const eventOf = (body: unknown, masker: typeof MASKER | null = null) => maskedView(sqsRecord(body), masker).event;

describe('of an event', () => {
  test('ip and device id are pseudonyms, or hidden', () => {
    const shown = { user_id: VALID_BODY.user_id, app_version: 2_003_000, device_type: 'android', locale: 'RU' };
    expect(eventOf(VALID_BODY)).toEqual({ ...shown, ip: '<hidden>', device_id: '<hidden>' });
    const ip = maskIp(VALID_BODY.ip, MASKER);
    expect(eventOf(VALID_BODY, MASKER)).toEqual({
      ...shown,
      ip,
      device_id: maskDeviceId(VALID_BODY.device_id, MASKER),
    });
  });

  test('what is null stays null, with and without a key', () => {
    const body = { ...VALID_BODY, ip: null, locale: '', device_id: null };
    for (const masker of [null, MASKER]) {
      expect(eventOf(body, masker)).toMatchObject({ ip: null, locale: null, device_id: null });
    }
  });

  test('a value that breaks the contract shows its type and no more', () => {
    const body = { user_id: { a: 'canary' }, app_version: 7, device_type: ['canary'], ip: 'canary\0', device_id: 4.5 };
    const event = eventOf({ ...body, locale: { canary: 1 } }, MASKER);
    expect(event).toEqual({
      user_id: '<hidden: wrong_type user_id, object>',
      app_version: '<hidden: wrong_type app_version, number>',
      device_type: '<hidden: wrong_type device_type, array>',
      ip: '<hidden: bad_text ip, text of 7>',
      locale: '<hidden: wrong_type locale, object>',
      device_id: '<hidden: wrong_type device_id, number>',
    });
    expect(eventOf({ user_id: 'canary'.repeat(30) })).toMatchObject({
      user_id: '<hidden: too_long user_id, text of 180>',
      ip: '<missing>',
    });
  });

  test('a value that is changed or left out is shown as the table would have it', () => {
    const odd = { user_id: 7, app_version: 'canary', device_type: 'x'.repeat(40), ip: '192.0.2.1:80', device_id: '0' };
    expect(eventOf({ ...odd, locale: 'canary\0' }, MASKER)).toEqual({
      user_id: '7',
      app_version: null,
      device_type: 'x'.repeat(32),
      ip: maskIp('192.0.2.1', MASKER),
      locale: null,
      device_id: null,
    });
  });

  test('what follows a version is not shown', () => {
    expect(eventOf({ ...VALID_BODY, app_version: '2.3.0-192.0.2.17' })?.app_version).toBe(2_003_000);
  });

  test.each([
    'canary',
    '"canary"',
    '[{"ip":"canary"}]',
    '{"ip":"1","a":{"ip":"canary"}}',
    '{"Type":"Notification","Message":"canary"}',
  ])('there is none in %s', (body) => {
    expect(maskedView(sqsRecord(body), MASKER)).toMatchObject({ event: null, unknownKeys: null });
  });

  test('it is found in an envelope', () => {
    expect(eventOf({ Type: 'Notification', Message: JSON.stringify(VALID_BODY) })).toMatchObject({ locale: 'RU' });
  });
});

test('unknown keys and attributes are counted, and where a message was first is told', () => {
  const attributes = {
    canary: 'canary',
    origin_message_id: 'AAAAAAAA-1111-4222-8333-444444444444',
    origin_sent_at: '1000',
  };
  const record = sqsRecord({ ...VALID_BODY, canary: 'canary' }, { sentAt: 2_000, attributes });
  const view = maskedView(record, MASKER);
  expect(view).toMatchObject({
    sentAt: '1970-01-01T00:00:02.000Z',
    receives: 1,
    first: { id: 'aaaaaaaa-1111-4222-8333-444444444444', sentAt: '1970-01-01T00:00:01.000Z' },
    unknownKeys: 1,
    otherAttributes: 1,
  });
  expect(JSON.stringify(view)).not.toContain('canary');
});

test('an origin that nobody can use is not shown', () => {
  const record = sqsRecord(VALID_BODY, { attributes: { origin_message_id: 'canary', origin_sent_at: 'canary' } });
  expect(maskedView(record, null).first).toBeNull();
});

test('a terminal obeys no character of a message', () => {
  const text = '\u001b[31m \u009b31m \u202e \u0007 \ud800 \u{e0001} é 漢 👤';
  const json = toJson({ text }, 2);
  expect(JSON.parse(json)).toEqual({ text });
  expect(json).toMatch(/^[\P{C}\n]*$/u);
  expect(json).toContain('é 漢 👤');
});
