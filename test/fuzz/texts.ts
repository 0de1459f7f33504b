import { FIELD_NAMES } from '../../lambda/message/fields/fields.ts';
import type { Random } from '../support/random.ts';

/** In every drawn text that has room for it, and nowhere else: finding it in a reason, an error or a log is a leak. */
export const CANARY = 'CaNaRy';

/** Text that Postgres stores, odd as it is. */
const STORABLE = [
  ...['a', 'Z', '7', ' ', '\t', '\n', '\u0001', '\u007f', '\u0085', '\u00a0', '\u001b[31m'],
  ...['e\u0301', '\u00e9', '\u1e9e', '\u0130', '\ufb01', '\uff11', '\u212b', '\uac00', '\u1100\u1161'],
  ...['\u05e9\u05dc\u05d5\u05dd', '\u202eabc', '\u2066', '\u200d', '\u200b', '\u2028', '\u2029'],
  ...[
    '\ufeff',
    '\ufffd',
    '\ufffe',
    '\uffff',
    '😀',
    '👩‍👩‍👧',
    '\u{1d11e}',
    '\u{10ffff}',
    '\u{e0041}',
    'a\u0301\u0316\u0345',
  ],
  ...["'", '"', '\\', '\\N', '\\.', '{}', 'NULL', '--', '$1', '%s', '\\u0000', 'k1_', CANARY],
];
/** Text that it does not, or that different texts would be stored as. */
const NOT_STORABLE = ['\0', '\ud800', '\udfff', '\udc00\ud800', `${CANARY}\0`];

const LENGTHS = [0, 1, 31, 32, 33, 127, 128, 129, 300];

export const ODD_KEYS = [
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'toJSON', 'then', 'length'],
  ...['', ' ip', 'IP', 'ip\0', 'user_id\u200b', '0', '4294967295', 'Type', 'Message', 'detail', 'Records', CANARY],
];

/** @param maxCodePoints how long it may be; it has at least one */
export function storableText(random: Random, maxCodePoints: number): string {
  const wanted = random.chance(0.2) ? maxCodePoints : random.int(1, Math.min(maxCodePoints, 24));
  const text = random.array(random.int(1, 6), () => random.pick(STORABLE)).join('');
  const points = [...text].slice(0, wanted).join('');
  // Up to the limit in characters of one, two and three bytes, and in pairs of surrogates.
  return wanted === maxCodePoints ? fill(points, wanted, random.pick(['x', 'é', '世', '😀'])) : points;
}

function fill(text: string, codePoints: number, filler: string): string {
  return text + filler.repeat(Math.max(0, codePoints - [...text].length));
}

/** Of any length, with anything in it. */
export function anyText(random: Random): string {
  const pieces = random.array(random.int(0, 4), () => random.pick(random.chance(0.8) ? STORABLE : NOT_STORABLE));
  return random.chance(0.3) ? fill(pieces.join(''), random.pick(LENGTHS), random.pick(['x', '😀'])) : pieces.join('');
}

export function anyKey(random: Random): string {
  if (random.chance(0.4)) return random.pick(FIELD_NAMES);
  return random.chance(0.6) ? random.pick(ODD_KEYS) : anyText(random);
}

export function anyValue(random: Random, depth = 3): unknown {
  const kind = random.int(0, depth > 0 ? 9 : 6);
  if (kind <= 2) return anyText(random);
  if (kind <= 5) return random.pick([null, true, false, 0, -0, 1e308, 5e-324, 2 ** 53 + 1, '1', '1e3', '0x1f', '-1']);
  if (kind === 6) return random.next() * 10 ** random.int(-20, 20);
  if (kind === 7) return random.array(random.int(0, 4), () => anyValue(random, depth - 1));
  return anyObject(random, depth - 1);
}

/** `__proto__` and the like become keys of its own, as they do by JSON.parse. */
export function anyObject(random: Random, depth: number): object {
  return Object.fromEntries(random.array(random.int(0, 5), () => [anyKey(random), anyValue(random, depth)]));
}
