import { describe, expect, test } from 'vitest';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { type RecordOptions, sqsRecord, VALID_BODY } from '../support/records.ts';

const NOW = Date.UTC(2026, 10, 20);
const ID = '11111111-1111-4111-8111-111111111111';
const EVENT = {
  ...VALID_BODY,
  app_version: 2_003_000,
  ip: { key: 'ip', text: VALID_BODY.ip },
  device_id: { key: 'deviceId', text: VALID_BODY.device_id },
};
const FIRST = { messageId: ID, sentAt: NOW };

function parse(body: unknown, options: RecordOptions = {}) {
  return parseMessage(sqsRecord(body, { messageId: ID, sentAt: NOW, ...options }), NOW);
}

function accepted(unknownKeys = 0, changes: string[] = []) {
  return { ok: true, identity: FIRST, event: EVENT, changes, unknownKeys, isFirstReceive: true };
}

function rejected(reason: string) {
  return { ok: false, reason };
}

function snsNotification(message: unknown) {
  return {
    Type: 'Notification',
    MessageId: '22222222-2222-4222-8222-222222222222',
    TopicArn: 'arn:aws:sns:us-east-1:000000000000:logins',
    Message: message,
    Timestamp: '2026-11-20T00:00:00.000Z',
    MessageAttributes: { ip: { Type: 'String', Value: '198.51.100.1' } },
  };
}

describe('the body', () => {
  test('as a flat event is accepted', () => {
    expect(parse(VALID_BODY)).toEqual(accepted());
  });

  test.for(['', ' ', 'hello', '{', '{"user_id":}', "{'user_id':1}", `${JSON.stringify(VALID_BODY)};`])(
    '%j is not_json',
    (body) => {
      expect(parse(body)).toEqual(rejected('not_json'));
    },
  );

  test('that is not text is not_json', () => {
    for (const body of [undefined, null, 1, VALID_BODY]) {
      expect(parseMessage({ ...sqsRecord(''), body: body as never }, NOW)).toEqual(rejected('not_json'));
    }
  });

  test.for(['null', '1', 'true', '[]', '-1.5', '12345678901234567890'])('%s is not_object', (body) => {
    expect(parse(body)).toEqual(rejected('not_object'));
  });

  test('with a key twice in one object counts the last one', () => {
    const twice = JSON.stringify(VALID_BODY).replace('{', '{"device_type":"ios","ip":7,');
    expect(parse(twice)).toEqual(accepted());
  });

  test('with a key at two places counts once if the values are equal, and is ambiguous otherwise', () => {
    expect(parse({ ...VALID_BODY, device: { ip: VALID_BODY.ip } })).toEqual(accepted());
    expect(parse({ ...VALID_BODY, device: { ip: null } })).toEqual(rejected('ambiguous ip'));
  });

  test('with an object in place of a value has the wrong type there', () => {
    expect(parse({ ...VALID_BODY, ip: { v4: '192.0.2.17' } })).toEqual(rejected('wrong_type ip'));
  });

  test('without fields misses the first one', () => {
    expect(parse({})).toEqual(rejected('missing user_id'));
  });

  test('nested too deeply is too_complex', () => {
    expect(parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)).toEqual(rejected('too_complex'));
  });

  test.for(['__proto__', 'constructor'])('may hold the event under %s, a key like any other', (key) => {
    expect(parse(`{"${key}":${JSON.stringify(VALID_BODY)}}`)).toEqual(accepted());
  });

  test('reports how many unknown keys were dropped', () => {
    expect(parse({ ...VALID_BODY, a: 1, b: { c: 2 } })).toEqual(accepted(2));
  });
});

describe('a byte order mark', () => {
  const BOM = '\ufeff';

  test('is taken off once, and not counted', () => {
    expect(parse(BOM + JSON.stringify(VALID_BODY))).toEqual(accepted());
    expect(parse(snsNotification(BOM + JSON.stringify(VALID_BODY)))).toEqual(accepted());
    expect(parse(BOM + BOM + JSON.stringify(VALID_BODY))).toEqual(rejected('not_json'));
    expect(parse(` ${BOM}${JSON.stringify(VALID_BODY)}`)).toEqual(rejected('not_json'));
  });
});

describe('JSON encoded twice', () => {
  const twice = (value: unknown) => JSON.stringify(JSON.stringify(value));

  test('is read, and counted', () => {
    expect(parse(twice(VALID_BODY))).toEqual(accepted(0, ['encoded_twice']));
    expect(parse(`\ufeff${JSON.stringify(`\ufeff${JSON.stringify(VALID_BODY)}`)}`)).toEqual(
      accepted(0, ['encoded_twice']),
    );
  });

  test('is read in an SNS notification and around one, and counted once', () => {
    expect(parse(snsNotification(twice(VALID_BODY)))).toEqual(accepted(0, ['encoded_twice']));
    expect(parse(twice(snsNotification(JSON.stringify(VALID_BODY))))).toEqual(accepted(0, ['encoded_twice']));
    expect(parse(twice(snsNotification(twice(VALID_BODY))))).toEqual(accepted(0, ['encoded_twice']));
  });

  test('stands behind the other changes', () => {
    const result = parse(twice({ ...VALID_BODY, user_id: 7 }));
    expect(result).toMatchObject({ ok: true, changes: ['number_user_id', 'encoded_twice'] });
  });

  test.for([
    ['"text"', 'not_json'],
    ['""', 'not_json'],
    [JSON.stringify('eyJ1c2VyX2lkIjoieCJ9'), 'not_json'],
    [JSON.stringify('{}\n{}'), 'not_json'],
    [twice('text'), 'not_object'],
    [JSON.stringify(twice(VALID_BODY)), 'not_object'],
    [twice(7), 'not_object'],
    [twice([]), 'not_object'],
    [twice([VALID_BODY]), 'several_events'],
    [twice({}), 'missing user_id'],
  ] as const)('%s is %s', ([body, reason]) => {
    expect(parse(body)).toEqual(rejected(reason));
  });
});

describe('what holds no login is named', () => {
  const POINTERS = [
    'software.amazon.payloadoffloading.PayloadS3Pointer',
    'com.amazon.sqs.javamessaging.MessageS3Pointer',
  ];
  const s3Event = { Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-11-20T00:00:00.000Z', Bucket: 'b' };
  const lines = `${JSON.stringify(VALID_BODY)}\n${JSON.stringify(VALID_BODY)}`;
  const base64 = Buffer.from(JSON.stringify(VALID_BODY)).toString('base64');

  const NAMED: [body: unknown, reason: string][] = [
    [[VALID_BODY], 'several_events'],
    [[VALID_BODY, VALID_BODY], 'several_events'],
    [[1], 'several_events'],
    [[null], 'several_events'],
    [['x', {}], 'several_events'],
    [{ Records: [VALID_BODY] }, 'several_events'],
    [{ Records: [] }, 'several_events'],
    [{ Records: [], Event: 's3:TestEvent' }, 'several_events'],
    [lines, 'several_events'],
    [`${JSON.stringify(VALID_BODY)}\r\n${JSON.stringify(VALID_BODY)}\r\n`, 'several_events'],
    ['{}\n{', 'several_events'],
    ...POINTERS.map((pointer): [unknown, string] => [[pointer, { s3BucketName: 'b', s3Key: 'k' }], 'pointer']),
    [[POINTERS[0]], 'pointer'],
    [s3Event, 'test_event'],
    [base64, 'encoded'],
    ['eyJ1c2VyX2lkIjp9', 'encoded'],
    ['AAAAAAAAAAAAAAA=', 'encoded'],
    ['AAAAAAAAAAAAAA==', 'encoded'],
    ['AAAA/+AAAAAAAAAA', 'encoded'],
    ['[]', 'not_object'],
    [{ Records: {} }, 'missing user_id'],
    [{ Records: 'x' }, 'missing user_id'],
    [{ a: { Records: [] } }, 'missing user_id'],
    [{ Event: 's3:ObjectCreated:Put' }, 'missing user_id'],
    [{ a: s3Event }, 'missing user_id'],
    [{}, 'missing user_id'],
    [{ ip: null, Records: [] }, 'missing user_id'],
    [{ a: { user_id: 'x' }, Records: [] }, 'missing app_version'],
    [{ ip: null, Event: 's3:TestEvent' }, 'missing user_id'],
    [`[1]\n[2]`, 'not_json'],
    [`7\n${JSON.stringify(VALID_BODY)}`, 'not_json'],
    [`\n${lines}`, 'not_json'],
    [`${JSON.stringify(VALID_BODY)} ${JSON.stringify(VALID_BODY)}`, 'not_json'],
    ['AAAAAAAAAAAA', 'not_json'],
    ['AAAAAAAAAAAAAAAAA', 'not_json'],
    ['AAAAAAAAAAAAA===', 'not_json'],
    ['AAAAAAAA AAAAAAA', 'not_json'],
    ['AAAAAAAAAAAAAAA\n', 'not_json'],
    ['AAAAAAAA-_AAAAAA', 'not_json'],
    ['AA==AAAAAAAAAAAA', 'not_json'],
  ];

  test.for(NAMED)('%j is %s, in a body and in an SNS message', ([body, reason]) => {
    expect(parse(body)).toEqual(rejected(reason));
    expect(parse(snsNotification(typeof body === 'string' ? body : JSON.stringify(body)))).toEqual(rejected(reason));
  });

  test('unless it holds a whole login as well', () => {
    expect(parse({ ...VALID_BODY, Records: [], Event: 's3:TestEvent' })).toEqual(accepted(2));
  });

  test('in no time, however long it is', () => {
    expect(parse('A'.repeat(2 ** 20))).toEqual(rejected('encoded'));
    expect(parse(`${'A'.repeat(2 ** 20)}!`)).toEqual(rejected('not_json'));
    expect(parse(`{}${'\n'.repeat(2 ** 20)}!`)).toEqual(rejected('several_events'));
  });
});

describe('envelopes', () => {
  test('of SNS are opened, and what stands beside the message is ignored', () => {
    expect(parse(snsNotification(JSON.stringify(VALID_BODY)))).toEqual(accepted());
  });

  test('of SNS with something else inside are rejected for that', () => {
    expect(parse(snsNotification('hello'))).toEqual(rejected('not_json'));
    expect(parse(snsNotification('[]'))).toEqual(rejected('not_object'));
  });

  test('of SNS are opened once', () => {
    const inner = JSON.stringify(snsNotification(JSON.stringify(VALID_BODY)));
    expect(parse({ Type: 'Notification', Message: inner })).toEqual(rejected('missing user_id'));
  });

  test('of another type are no SNS envelopes', () => {
    expect(parse({ ...VALID_BODY, Type: 'Login', Message: '{}' })).toEqual(accepted(2));
    expect(parse({ ...VALID_BODY, Type: 'Notification', Message: 1 })).toEqual(accepted(2));
  });

  test('of EventBridge are walked to their detail', () => {
    const envelope = {
      version: '0',
      id: '33333333-3333-4333-8333-333333333333',
      'detail-type': 'login',
      source: 'app.logins',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/login'],
      detail: VALID_BODY,
    };
    expect(parse(envelope)).toEqual(accepted(5));
  });
});

describe('the identity', () => {
  test('without a valid send time is bad_sent_timestamp', () => {
    expect(parse(VALID_BODY, { sentAt: Number.NaN })).toEqual(rejected('bad_sent_timestamp'));
  });

  test('is the first one of a message put back from the dead-letter queue', () => {
    const first = { messageId: '44444444-4444-4444-8444-444444444444', sentAt: NOW - 1 };
    const attributes = { origin_message_id: first.messageId, origin_sent_at: `${first.sentAt}` };
    expect(parse(VALID_BODY, { attributes })).toEqual({ ...accepted(), identity: first });
  });

  test('is measured by the clock that was handed over', () => {
    const attributes = { origin_message_id: ID, origin_sent_at: '0' };
    const record = sqsRecord(VALID_BODY, { sentAt: 1, attributes });
    expect(parseMessage(record, 1).ok).toBe(true);
    expect(parseMessage(record, NOW)).toEqual(rejected('expired'));
  });
});

test('the body is judged before the identity: text, shape, fields, then attributes', () => {
  const options = { attributes: { origin_message_id: 'x' } };
  const bodies = ['{', '1', { ...VALID_BODY, a: { ip: 1 }, user_id: '' }, { ...VALID_BODY, user_id: '' }, VALID_BODY];
  expect(bodies.map((body) => parse(body, options))).toEqual(
    ['not_json', 'not_object', 'ambiguous ip', 'empty user_id', 'bad_origin'].map(rejected),
  );
});

test.for(['2', '12', '', '01', undefined])('a receive that SQS counts as %j is not the first', (receives) => {
  const record = sqsRecord(VALID_BODY);
  const attributes = { ...record.attributes, ApproximateReceiveCount: receives as string };
  expect(parseMessage({ ...record, attributes }, NOW)).toMatchObject({ ok: true, isFirstReceive: false });
});
