import type { Random } from '../support/random.ts';
import { drawLogin, nearlyValidLogin, type Stored, validLogin } from './logins.ts';
import { anyKey, anyObject, anyText, anyValue, CANARY } from './texts.ts';

export interface Body {
  text: unknown;
  /** Whether it must become a row; where false, it may. */
  isValid: boolean;
  /** What the row then holds, where that is known. */
  stored?: Stored;
  /** Why it must be rejected, where that is known. */
  reason?: string;
}

const ODD_NUMBERS = [
  '1e999',
  '-1e999',
  '1e-999',
  '-0',
  '0.1e1',
  '9'.repeat(400),
  `0.${'3'.repeat(400)}`,
  '1e+05',
  '01',
];

/** Kinds of bodies that need not be rows, by how each is drawn. */
const DOUBTFUL: readonly ((random: Random) => unknown)[] = [
  (random) => json(nearlyValidLogin(random)),
  (random) => json(nearlyValidLogin(random)),
  (random) => snsNotification(random, json(nearlyValidLogin(random))),
  (random) => broken(random, json(validLogin(random))),
  (random) => json(anyValue(random, 5)),
  (random) => json(anyObject(random, 4)),
  anyText,
  // Numbers that no JSON.stringify would write, in the place of a text.
  (random) => json(validLogin(random)).replace(/"[^"\\]*"(?=[,}])/, random.pick(ODD_NUMBERS)),
  // A key twice in one object.
  (random) => json(validLogin(random)).replace('{', `{${json(anyKey(random))}:${json(anyValue(random, 1))},`),
  (random) => deep(random.pick([7, 8, 9, 10, 5_000]), json(validLogin(random))),
  (random) => json(wide(random.int(985, 1_010), validLogin(random))),
  (random) => json(envelopes(random, random.int(1, 4))),
  (random) => json([validLogin(random)]),
  (random) => random.pick<unknown>([undefined, null, 0, true, {}, [], validLogin(random), { toString: CANARY }]),
];

/** What holds no login, and is named for whoever sent it. */
const NAMED: readonly ((random: Random) => readonly [text: string, reason: string])[] = [
  (random) => [json([validLogin(random)]), 'several_events'],
  (random) => [json({ Records: [validLogin(random)], [CANARY]: 1 }), 'several_events'],
  (random) => [`${json(validLogin(random))}\n${json(validLogin(random))}`, 'several_events'],
  () => [json(['software.amazon.payloadoffloading.PayloadS3Pointer', { s3Key: CANARY }]), 'pointer'],
  () => [json(['com.amazon.sqs.javamessaging.MessageS3Pointer']), 'pointer'],
  () => [json({ Service: CANARY, Event: 's3:TestEvent' }), 'test_event'],
  (random) => [Buffer.from(json(validLogin(random))).toString('base64'), 'encoded'],
  (random) => [json(json(json(validLogin(random)))), 'not_object'],
  () => [json(CANARY), 'not_json'],
  () => ['[]', 'not_object'],
];

export function anyBody(random: Random): Body {
  if (random.chance(0.5)) return { text: random.pick(DOUBTFUL)(random), isValid: false };
  if (random.chance(0.2)) {
    const [text, reason] = random.pick(NAMED)(random);
    return { text: random.chance(0.3) ? snsNotification(random, text) : text, isValid: false, reason };
  }
  const { login, stored } = drawLogin(random);
  const event = random.pick<(text: string) => string>([
    (text) => text,
    (text) => text,
    (text) => `\ufeff${text}`,
    (text) => json(text),
  ])(json(login));
  const text = random.pick([event, event, eventBridge(login), snsNotification(random, event)]);
  return { text, isValid: true, stored };
}

export function json(value: unknown): string {
  return JSON.stringify(value);
}

export function deep(levels: number, innermost: string): string {
  return `${'{"a":'.repeat(levels)}${innermost}${'}'.repeat(levels)}`;
}

export function snsNotification(random: Random, message: unknown): string {
  return json({
    Type: 'Notification',
    MessageId: random.uuid(),
    TopicArn: 'arn:aws:sns:us-east-1:000000000000:logins',
    Message: message,
    MessageAttributes: { ip: { Type: 'String', Value: CANARY } },
  });
}

function eventBridge(detail: object): string {
  return json({ version: '0', id: '0', 'detail-type': CANARY, account: '0', resources: [CANARY], detail });
}

/** SNS in SNS, an envelope whose message is none, or whose type is another. */
function envelopes(random: Random, levels: number): object {
  if (levels === 0) return nearlyValidLogin(random);
  const inner = envelopes(random, levels - 1);
  const Message = random.pick<unknown>([json(inner), json(inner), inner, null, 7, anyText(random)]);
  return {
    Type: random.pick<unknown>(['Notification', 'Notification', 'notification', null, ['Notification']]),
    Message,
  };
}

function wide(keys: number, login: object): object {
  return { ...login, ...Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])) };
}

/** Some characters cut out or put in, so that most of it stops being JSON. */
function broken(random: Random, text: string): string {
  const at = random.int(0, text.length);
  const added = random.pick([
    '',
    '"',
    '{',
    '}',
    '[',
    ',',
    ':',
    '\\',
    '\\u',
    '\\ud800',
    '\0',
    '\n',
    '\ufeff',
    '/**/',
    'NaN',
  ]);
  return text.slice(0, at) + added + text.slice(at + random.int(0, 3));
}
