import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { withOrigin } from '../../tools/dlq/send-back.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;
const OWN = { messageId: 'AAAAAAAA-1111-4222-8333-444444444444', sentAt: NOW - DAY_MS };
const OWN_ID = OWN.messageId.toLowerCase();
const FIRST_ID = '11111111-2222-4333-8444-555555555555';
const origin = (id: string, sentAt: number) => ({ origin_message_id: id, origin_sent_at: `${sentAt}` });

function sentWith(attributes: Record<string, string>, { asNew = false, sentAt = OWN.sentAt } = {}) {
  const outgoing = withOrigin(sqsRecord(VALID_BODY, { ...OWN, sentAt, attributes }), asNew, NOW);
  const values = Object.entries(outgoing.messageAttributes).map(([name, { stringValue }]) => [name, stringValue]);
  const verdict = parseMessage(outgoing, NOW);
  return { attributes: Object.fromEntries(values), verdict: verdict.ok ? verdict.identity : verdict.reason };
}

describe('a message is sent back under', () => {
  test('its own id and time, the first time', () => {
    const expected = { messageId: OWN_ID, sentAt: OWN.sentAt };
    expect(sentWith({})).toEqual({ attributes: origin(OWN_ID, OWN.sentAt), verdict: expected });
    expect(sentWith({}, { asNew: true })).toEqual({ attributes: origin(OWN_ID, OWN.sentAt), verdict: expected });
  });

  test('its first ones, from then on', () => {
    const first = origin(FIRST_ID, NOW - 34 * DAY_MS);
    for (const asNew of [false, true]) expect(sentWith(first, { asNew }).attributes).toEqual(first);
  });

  test('those it claims, to be rejected for them, when they cannot be used', () => {
    for (const [claimed, reason] of [
      [origin(FIRST_ID, NOW - 36 * DAY_MS), 'expired'],
      [origin('no uuid', NOW - DAY_MS), 'bad_origin'],
      [origin(FIRST_ID, NOW), 'bad_origin'],
      [{ origin_message_id: FIRST_ID }, 'bad_origin'],
    ] as const) {
      expect(sentWith(claimed)).toEqual({ attributes: claimed, verdict: reason });
      expect(sentWith(claimed, { asNew: true }).attributes).toEqual(origin(OWN_ID, OWN.sentAt));
    }
  });

  test('nothing, if even its own time is too old', () => {
    const sentAt = NOW - 36 * DAY_MS;
    expect(sentWith({}, { sentAt }).verdict).toBe('expired');
    expect(sentWith({}, { sentAt, asNew: true })).toMatchObject({ attributes: {}, verdict: { sentAt } });
  });
});

describe('its other attributes', () => {
  const many = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`a${i}`, `${i}`]));

  test('stay, up to the ten that SQS allows', () => {
    const { attributes } = sentWith(many);
    expect(Object.keys(attributes)).toHaveLength(10);
    expect(attributes).toMatchObject({ a0: '0', a7: '7', ...origin(OWN_ID, OWN.sentAt) });
    expect(attributes).not.toHaveProperty('a8');
  });

  test('do not change the message that was looked at', () => {
    const record = sqsRecord(VALID_BODY, { ...OWN, attributes: { a: '1' } });
    withOrigin(record, true, NOW);
    expect(Object.keys(record.messageAttributes)).toEqual(['a']);
  });
});
