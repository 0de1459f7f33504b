import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELD_NAMES } from '../../lambda/message/fields/fields.ts';
import { ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const NOW = Date.UTC(2026, 10, 20);
const REASON = /^[a-z_]+( (user_id|app_version|device_type|ip|locale|device_id))?$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const key = fc.oneof(
  fc.constantFrom(...FIELD_NAMES, '__proto__', 'constructor', 'toString', 'Type', 'Message', 'detail'),
  fc.string(),
);
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', maxLength: 200 }));
const { value: anyValue } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(anyText, fc.double(), fc.boolean(), fc.constant(null)),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 8 }),
}));
/** Valid but for some keys, so that the later checks are reached too. */
const nearlyValid = fc.dictionary(key, anyValue, { maxKeys: 2 }).map((changes) => ({ ...VALID_BODY, ...changes }));
const notification = fc.oneof(fc.json(), fc.string()).map((Message) => ({ Type: 'Notification', Message }));
const body = fc.oneof(
  anyText,
  fc.json(),
  fc.oneof(anyValue, nearlyValid, notification).map((value) => JSON.stringify(value)),
  nearlyValid.map((value) => JSON.stringify({ Type: 'Notification', Message: JSON.stringify(value) })),
);
/** SQS gives texts; absent attributes and other scalars are what an imitation of it may do. */
const attribute = fc.oneof(
  fc.constantFrom(undefined, null, 0, `${NOW}`, `${NOW - 1}`, '11111111-1111-4111-8111-111111111111'),
  anyText,
);

function isFine(record: unknown): void {
  const result = parseMessage(record as Parameters<typeof parseMessage>[0], NOW);
  if (!result.ok) {
    expect(Object.keys(result)).toEqual(['ok', 'reason']);
    expect(result.reason).toMatch(REASON);
    return;
  }
  expect(result.identity.messageId).toMatch(UUID);
  expect(Number.isSafeInteger(result.identity.sentAt)).toBe(true);
  const { user_id, device_type, locale, app_version } = result.event;
  expect([...user_id].length).toBeLessThanOrEqual(128);
  expect([...(device_type ?? '')].length).toBeLessThanOrEqual(32);
  expect([...(locale ?? '')].length).toBeLessThanOrEqual(32);
  expect(locale).not.toBe('');
  expect(app_version === null || Number.isInteger(app_version)).toBe(true);
  for (const text of Object.values(result.event).filter((value) => typeof value === 'string')) {
    expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
  }
}

describe('a record gets a verdict, never a throw, and a reason holds no value', () => {
  test('whatever its body', () => {
    fc.assert(
      fc.property(body, (text) => isFine(sqsRecord(text, { sentAt: NOW }))),
      { numRuns: 3_000 },
    );
  });

  test('whatever its id and attributes', () => {
    fc.assert(
      fc.property(anyText, attribute, attribute, attribute, (messageId, sentAt, originId, originSentAt) => {
        isFine({
          ...sqsRecord(VALID_BODY, { messageId }),
          attributes: { SentTimestamp: sentAt },
          messageAttributes: {
            [ORIGIN_ATTRIBUTES.messageId]: { dataType: 'String', stringValue: originId },
            [ORIGIN_ATTRIBUTES.sentAt]: { dataType: 'String', stringValue: originSentAt },
          },
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('whatever it lacks', () => {
    const names = ['body', 'attributes', 'messageAttributes'] as const;
    const holes = fc.dictionary(fc.constantFrom(...names), fc.constantFrom(undefined, null, {}, ''));
    fc.assert(fc.property(holes, (changes) => isFine({ ...sqsRecord(VALID_BODY), ...changes })));
  });
});

test('the same record gets the same verdict', () => {
  fc.assert(
    fc.property(body, (text) => {
      const record = sqsRecord(text, { sentAt: NOW });
      expect(parseMessage(structuredClone(record), NOW)).toEqual(parseMessage(record, NOW));
    }),
  );
});
