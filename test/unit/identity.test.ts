import { describe, expect, test } from 'vitest';
import { identify, LEDGER_RETENTION_DAYS, ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const NOW = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const OWN_ID = '11111111-1111-4111-8111-111111111111';
const FIRST_ID = '22222222-2222-4222-8222-222222222222';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function identifyAs(messageId: string) {
  return identify(sqsRecord(VALID_BODY, { messageId, sentAt: NOW }), NOW);
}

function identifyWithTimestamp(SentTimestamp: unknown) {
  const record = sqsRecord(VALID_BODY, { messageId: OWN_ID });
  return identify({ ...record, attributes: { ...record.attributes, SentTimestamp: SentTimestamp as string } }, NOW);
}

function identifyFrom(origin: { id?: string; sentAt?: string }, sentAt = NOW) {
  const attributes = {
    ...(origin.id !== undefined && { [ORIGIN_ATTRIBUTES.messageId]: origin.id }),
    ...(origin.sentAt !== undefined && { [ORIGIN_ATTRIBUTES.sentAt]: origin.sentAt }),
  };
  return identify(sqsRecord(VALID_BODY, { messageId: OWN_ID, sentAt, attributes }), NOW);
}

describe('a message from its producer', () => {
  test('is known by its own id and send time', () => {
    expect(identifyAs(OWN_ID)).toEqual({ ok: true, identity: { messageId: OWN_ID, sentAt: NOW } });
  });

  test('keeps its identity over redeliveries', () => {
    const record = sqsRecord(VALID_BODY, { messageId: OWN_ID, sentAt: NOW - DAY_MS });
    const attributes = { ...record.attributes, ApproximateReceiveCount: '4', ApproximateFirstReceiveTimestamp: '5' };
    const redelivered = { ...record, attributes, receiptHandle: 'another' };
    expect(identify(redelivered, NOW)).toEqual(identify(record, NOW - DAY_MS));
  });

  test('is not too old for the ledger, however long the queue kept it', () => {
    const record = sqsRecord(VALID_BODY, { messageId: OWN_ID, sentAt: 0 });
    expect(identify(record, NOW)).toEqual({ ok: true, identity: { messageId: OWN_ID, sentAt: 0 } });
  });

  test('may carry other message attributes', () => {
    const record = sqsRecord(VALID_BODY, { messageId: OWN_ID, sentAt: NOW, attributes: { trace: 'x' } });
    expect(identify(record, NOW)).toEqual({ ok: true, identity: { messageId: OWN_ID, sentAt: NOW } });
  });
});

describe('the message id', () => {
  test('is written in lower case, since Postgres gives uuids back so', () => {
    const id = 'ABCDEF00-1111-4111-8111-ABCDEFABCDEF';
    expect(identifyAs(id)).toMatchObject({ identity: { messageId: id.toLowerCase() } });
  });

  test('that is not a uuid gets one, the same each time', () => {
    expect(identifyAs('message-1')).toMatchObject({ identity: { messageId: 'd2e5ac29-119d-8d48-8dbf-ee0e5473f1cd' } });
  });

  test.for(['x', `${OWN_ID} `, ` ${OWN_ID}`, `${OWN_ID}\n`, OWN_ID.replaceAll('-', ''), 'ид', 'x'.repeat(500)])(
    '%j that is not a uuid gets one of its own',
    (id) => {
      const result = identifyAs(id);
      expect(result).toEqual({ ok: true, identity: { messageId: expect.stringMatching(UUID), sentAt: NOW } });
      expect(result).not.toEqual(identifyAs(OWN_ID));
      expect(result).not.toEqual(identifyAs(`${id}y`));
    },
  );

  test('that differs from another in half a surrogate pair alone is another', () => {
    expect(identifyAs('x\ud800')).not.toEqual(identifyAs('x\ud801'));
  });
});

describe('the send time', () => {
  test.for([undefined, '', ' ', 'yesterday', '-1', '1.5', '1e12', '0x10', ' 1', '1\n', 'NaN', '12345678901234'])(
    '%j is refused',
    (timestamp) => {
      expect(identifyWithTimestamp(timestamp)).toEqual({ ok: false, reason: 'bad_sent_timestamp' });
    },
  );

  test('is refused if the record has no attributes', () => {
    const { attributes, ...bare } = sqsRecord(VALID_BODY);
    expect(attributes.SentTimestamp).toMatch(/^\d+$/);
    expect(identify(bare as never, NOW)).toEqual({ ok: false, reason: 'bad_sent_timestamp' });
  });
});

describe('a message put back from the dead-letter queue', () => {
  const first = NOW - 3 * DAY_MS;

  test('is known by its first id and send time', () => {
    expect(identifyFrom({ id: FIRST_ID, sentAt: `${first}` })).toEqual({
      ok: true,
      identity: { messageId: FIRST_ID, sentAt: first },
    });
  });

  test('has its first id in lower case', () => {
    const id = 'ABCDEF00-1111-4111-8111-ABCDEFABCDEF';
    expect(identifyFrom({ id, sentAt: `${first}` })).toMatchObject({ identity: { messageId: id.toLowerCase() } });
  });

  test('may have been sent again within the same millisecond', () => {
    expect(identifyFrom({ id: FIRST_ID, sentAt: `${NOW}` })).toMatchObject({ ok: true, identity: { sentAt: NOW } });
  });

  test.for([
    ['without a send time', { id: FIRST_ID }],
    ['without an id', { sentAt: `${first}` }],
    ['with an id that is not a uuid', { id: 'message-1', sentAt: `${first}` }],
    ['with an empty id', { id: '', sentAt: `${first}` }],
    ['with a uuid and more', { id: `${FIRST_ID}\n`, sentAt: `${first}` }],
    ['with a send time that is not a number', { id: FIRST_ID, sentAt: '2026-11-17' }],
    ['with an empty send time', { id: FIRST_ID, sentAt: '' }],
    ['with a negative send time', { id: FIRST_ID, sentAt: '-1' }],
    ['with a first send time after its own', { id: FIRST_ID, sentAt: `${NOW + 1}` }],
  ] as const)('%s is not believed', ([, origin]) => {
    expect(identifyFrom(origin)).toEqual({ ok: false, reason: 'bad_origin' });
  });

  test('is stored up to the last millisecond that the ledger remembers', () => {
    const oldest = NOW - LEDGER_RETENTION_DAYS * DAY_MS;
    expect(identifyFrom({ id: FIRST_ID, sentAt: `${oldest}` }).ok).toBe(true);
    expect(identifyFrom({ id: FIRST_ID, sentAt: `${oldest - 1}` })).toEqual({ ok: false, reason: 'expired' });
  });

  test('ages by the clock, not by the time it was sent again', () => {
    const oldest = NOW - LEDGER_RETENTION_DAYS * DAY_MS;
    expect(identifyFrom({ id: FIRST_ID, sentAt: `${oldest - 1}` }, NOW - DAY_MS)).toMatchObject({ reason: 'expired' });
  });

  test('needs a send time of its own all the same', () => {
    const record = sqsRecord(VALID_BODY, { attributes: { origin_message_id: FIRST_ID, origin_sent_at: `${first}` } });
    const attributes = { ...record.attributes, SentTimestamp: '' };
    expect(identify({ ...record, attributes }, NOW)).toEqual({ ok: false, reason: 'bad_sent_timestamp' });
  });
});

test.for([{ toString: 1 }, ['1790000000000'], 1_790_000_000_000, true])(
  'attributes may be %j, which is not text',
  (junk) => {
    const base = sqsRecord(VALID_BODY);
    const odd = { ...base, attributes: { ...base.attributes, SentTimestamp: junk as unknown as string } };
    expect(identify(odd, Date.now())).toEqual({ ok: false, reason: 'bad_sent_timestamp' });
    const origin = { dataType: 'String', stringValue: junk as unknown as string };
    const claimed = { ...base, messageAttributes: { origin_message_id: origin, origin_sent_at: origin } };
    expect(identify(claimed, Date.now())).toEqual({ ok: false, reason: 'bad_origin' });
  },
);

test('the ledger remembers longer than queue and dead-letter queue together keep a message', () => {
  expect(LEDGER_RETENTION_DAYS).toBeGreaterThan(7 + 14);
});
