import { isObject } from '../../lambda/message/flatten.ts';
import type { Random } from '../support/random.ts';
import { type Body, deep, json, snsNotification } from './bodies.ts';
import { validLogin } from './logins.ts';
import { CANARY } from './texts.ts';

/** The most that SQS takes for one message. */
const MAX_BYTES = 1_048_576;
/** Room for the login around it. */
const ROOM = MAX_BYTES - 8_192;

const PIECES = [
  'x',
  ' ',
  '\t',
  '0',
  '1.',
  ':',
  '%',
  '-',
  '世',
  '😀',
  'e\u0301',
  '\u0301\u0316',
  '\uac00',
  '"',
  '\\',
  CANARY,
];

/** Bodies that take long to read by any way of reading that is not linear. */
const DOUBTFUL: readonly ((random: Random) => string)[] = [
  (random) => json(withLong(random, random.pick(['user_id', 'app_version', 'device_type', 'locale']))),
  (random) => deep(ROOM / 6, json(validLogin(random))),
  () => '['.repeat(ROOM),
  () => `${'['.repeat(ROOM / 2)}${']'.repeat(ROOM / 2)}`,
  (random) => json(validLogin(random)).replace('{', `{"ip":${'7'.repeat(ROOM)},`),
  (random) => json({ ...validLogin(random), many: Object.fromEntries(manyKeys(ROOM / 16)) }),
  (random) =>
    json(validLogin(random)).replace(/}$/, `,"user_id":"${random.pick(['\\u0000', '\\ud800']).repeat(ROOM / 6)}"}`),
  (random) => json({ ...validLogin(random), more: CANARY.repeat(ROOM / 6) }).slice(0, -1),
  (random) => snsNotification(random, json({ Type: 'Notification', Message: '\\"'.repeat(ROOM / 8) })),
  (random) => random.pick(PIECES).repeat(ROOM / 4),
];

/** Bodies that must become rows. */
const VALID: readonly ((random: Random) => string)[] = [
  (random) => json({ ...validLogin(random), [CANARY]: long(random) }),
  (random) => json({ ...flatLogin(random), ip: `x${long(random)}x` }),
  (random) => json({ ...flatLogin(random), device_id: `x${long(random)}x` }),
  // Each letter with the most marks that are still put in order.
  (random) => json({ ...flatLogin(random), device_id: `a${'\u0301\u0316'.repeat(15)}`.repeat(ROOM / 61) }),
  (random) => json(validLogin(random)).replace('{', `{${'"more":0,'.repeat(ROOM / 9)}`),
  (random) => ' '.repeat(ROOM) + json(validLogin(random)),
  (random) => json({ ...validLogin(random), list: Array.from({ length: ROOM / 8 }, () => [null]) }),
  (random) => snsNotification(random, json({ ...validLogin(random), [CANARY]: 'x'.repeat(ROOM) })),
];

/** About 1 MiB as UTF-8. */
export function largeBody(random: Random): Body {
  const isValid = random.chance(0.5);
  return { text: random.pick(isValid ? VALID : DOUBTFUL)(random), isValid };
}

/** A long run, of one character or of two in halves, that stays below the limit when quotes and backslashes double. */
function long(random: Random): string {
  const [one, other] = [random.pick(PIECES), random.pick(PIECES)];
  const share = random.pick([1, 0.5]);
  return repeatToBytes(one, ROOM * share) + repeatToBytes(other, ROOM * (1 - share));
}

function repeatToBytes(piece: string, bytes: number): string {
  return piece.repeat(bytes / Buffer.byteLength(json(piece).slice(1, -1)));
}

function manyKeys(count: number): [string, number][] {
  return Array.from({ length: count }, (_, i) => [`key ${i}`, i]);
}

/** Flat, so that a field can be replaced: in a nested one the same field may stand at a second place. */
function flatLogin(random: Random): object {
  for (;;) {
    const login = validLogin(random);
    if ('ip' in login && 'device_id' in login && !Object.values(login).some(isObject)) return login;
  }
}

function withLong(random: Random, field: string): object {
  return { ...flatLogin(random), [field]: long(random) };
}
