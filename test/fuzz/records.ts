import type { SQSRecord } from 'aws-lambda';
import { ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import type { Random } from '../support/random.ts';
import { type Body, json } from './bodies.ts';
import { anyKey, anyText, anyValue, CANARY } from './texts.ts';

/** A record as it may arrive, whatever sent it. */
export interface Drawn {
  record: SQSRecord;
  /** Whether it must become a row, alone; where false, it may. */
  isValid: boolean;
  body: Body;
}

const DAY_MS = 86_400_000;
/** In the place of a text that SQS would give. What has no way to become a text or a number is in it. */
const NO_TEXT: readonly unknown[] = [
  undefined,
  null,
  0,
  7,
  true,
  [],
  ['1790000000000'],
  {},
  { toString: 1, valueOf: 1 },
];
const NO_TIME = ['', ' 1', '1.5', '-1', '1e12', '0x10', 'NaN', CANARY, '1'.repeat(100_000), '99999999999999'];
const NO_OBJECT: readonly unknown[] = [undefined, null, '', CANARY, 7, []];

/** @param now what the clock says where the record is judged */
export function anyRecord(random: Random, now: number, drawBody: (random: Random) => Body): Drawn {
  const body = drawBody(random);
  const isUsual = { attributes: random.chance(0.9), origin: random.chance(0.85) };
  const record = {
    messageId: messageId(random),
    receiptHandle: 'handle',
    body: body.text,
    attributes: isUsual.attributes ? sqsAttributes(random, now) : noAttributes(random),
    messageAttributes: isUsual.origin ? otherAttributes(random) : originAttributes(random, now),
    md5OfBody: CANARY,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:login-queue',
    awsRegion: 'us-east-1',
  };
  return { record: record as SQSRecord, isValid: body.isValid && isUsual.attributes && isUsual.origin, body };
}

/** SQS's are uuids; it promises only that they are unique. */
function messageId(random: Random): string {
  const id = random.uuid();
  if (random.chance(0.9)) return id;
  return random.pick([
    id.toUpperCase(),
    id.replaceAll('-', ''),
    `${id}\n`,
    `😀 ${id}`,
    id.repeat(300),
    `__proto__${id}`,
  ]);
}

function sqsAttributes(random: Random, now: number): object {
  const receives = random.pick<unknown>(['1', '12', '-1', '1e999', '9'.repeat(1_000), CANARY, ...NO_TEXT]);
  const at = random.pick([now, now - 1, now - random.int(0, 14 * DAY_MS), 0, 9_999_999_999_999]);
  return { SentTimestamp: `${at}`, ApproximateReceiveCount: receives, [anyKey(random)]: anyValue(random, 1) };
}

function noAttributes(random: Random): unknown {
  if (random.chance(0.3)) return random.pick(NO_OBJECT);
  return { SentTimestamp: random.pick<unknown>([...NO_TEXT, ...NO_TIME]), ApproximateReceiveCount: '1' };
}

/** Message attributes that say nothing of where the message was first. */
function otherAttributes(random: Random): unknown {
  if (random.chance(0.5)) return {};
  if (random.chance(0.3)) return random.pick(NO_OBJECT);
  const attribute = { dataType: random.pick(['String', 'Number', 'Binary', CANARY]), stringValue: anyText(random) };
  return Object.fromEntries([[random.pick(['trace', '__proto__', 'constructor', 'Origin_message_id', '']), attribute]]);
}

/** What a redrive adds, or somebody who imitates one. */
function originAttributes(random: Random, now: number): unknown {
  const id = random.uuid();
  const [first, sentAt] = random.pick<readonly [unknown, unknown]>([
    [random.pick([id, id.toUpperCase()]), `${now - random.int(15, 34) * DAY_MS}`],
    [id, `${now - random.int(36, 400) * DAY_MS}`],
    [id, `${now + DAY_MS}`],
    [id, undefined],
    [undefined, `${now}`],
    [random.pick<unknown>([...NO_TEXT, ...NO_TIME]), `${now - DAY_MS}`],
    [id, random.pick<unknown>([...NO_TEXT, ...NO_TIME])],
  ]);
  const attribute = (stringValue: unknown) => ({ dataType: 'String', stringValue });
  return { [ORIGIN_ATTRIBUTES.messageId]: attribute(first), [ORIGIN_ATTRIBUTES.sentAt]: attribute(sentAt) };
}

/** Records of which some are there again: as they were, or under the id of another one. */
export function anyBatch(random: Random, draw: () => Drawn, size: number): Drawn[] {
  const batch: Drawn[] = [];
  while (batch.length < size) {
    const earlier = batch.length > 0 && random.chance(0.1) ? random.pick(batch) : null;
    if (earlier && random.chance(0.5)) {
      batch.push(random.pick([earlier, JSON.parse(json(earlier)) as Drawn]));
      continue;
    }
    const next = draw();
    batch.push(earlier ? { ...next, record: { ...next.record, messageId: earlier.record.messageId } } : next);
  }
  return batch;
}

/** What stands in the place of a record that has no id. */
export function namelessRecord(random: Random, record: SQSRecord): SQSRecord {
  const { messageId, ...nameless } = record;
  const odd = random.pick<unknown>([undefined, null, 7, '', [messageId], { toString: 1 }]);
  return random.pick<unknown>([
    null,
    undefined,
    7,
    CANARY,
    [],
    {},
    nameless,
    { ...record, messageId: odd },
  ]) as SQSRecord;
}
