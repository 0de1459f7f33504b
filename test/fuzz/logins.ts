import { FIELD_NAMES } from '../../lambda/message/rejection.ts';
import type { Random } from '../support/random.ts';
import { anyKey, anyValue, CANARY, storableText } from './texts.ts';

const SPACES = ['', '', ' ', '\t\r\n', ' \v\f '];

const AT_THE_LIMITS = [
  '',
  'x'.repeat(33),
  '😀'.repeat(32),
  '世'.repeat(129),
  '😀'.repeat(129),
  'a\0',
  '\udfff',
  '2147',
  '2.1000',
];

/** A login event that must become a row, however odd: in a flat object, or nested below unknown keys. */
export function validLogin(random: Random): object {
  const fields = Object.entries({
    user_id: storableText(random, 128),
    app_version: version(random),
    device_type: storableText(random, 32),
    ip: random.chance(0.1) ? null : ip(random),
    device_id: random.chance(0.1) ? null : deviceId(random),
    ...(random.chance(0.7) && { locale: random.pick([null, '', storableText(random, 32)]) }),
  });
  return random.chance(0.7) ? Object.fromEntries(random.shuffled(fields)) : nested(random, fields);
}

function nested(random: Random, fields: readonly [string, unknown][]): object {
  const root: Record<string, unknown> = Object.create(null);
  const noise = random.array(random.int(0, 5), (i) => [
    `${CANARY} ${i}`,
    random.pick([1, [{ ip: CANARY }], 'x', null]),
  ]);
  for (const [name, value] of random.shuffled([...fields, ...(noise as [string, unknown][])])) {
    let at = root;
    const path = random.array(random.int(0, 7), () => random.pick(['a', '__proto__', 'constructor', 'data']));
    for (const key of path) {
      at[key] ??= Object.create(null);
      at = at[key] as Record<string, unknown>;
    }
    at[name] = value;
  }
  return root;
}

function version(random: Random): string {
  const parts = [random.int(0, 2_146), random.int(0, 999), random.int(0, 999), random.int(0, 1e9)];
  const suffix = random.pick(['', '', '-beta.1', '+45', `-${CANARY}`]);
  return parts.slice(0, random.int(1, 4)).join('.') + suffix;
}

function ip(random: Random): string {
  const groups = random.array(8, () => random.pick([0, 0, 0, 0xffff, random.int(0, 0xffff)]).toString(16));
  const octets = random.array(4, () => random.int(0, 255)).join('.');
  const text = random.pick([
    octets,
    groups.join(':'),
    `::ffff:${octets}`,
    `${groups.slice(0, 3).join(':')}::${groups[7]}%${CANARY}`,
    `0${octets}`,
    `${octets}:443`,
    `${CANARY} ${storableText(random, 300)}`,
    '',
  ]);
  return random.pick(SPACES) + text + random.pick(SPACES);
}

function deviceId(random: Random): string {
  return random.pick([random.uuid(), storableText(random, 300), CANARY, 'a\u0301'.repeat(random.int(1, 200)), '']);
}

/** A valid one with some of its keys changed, added or left out. */
export function nearlyValidLogin(random: Random): object {
  const login = new Map(Object.entries(validLogin(random)));
  for (let changes = random.int(1, 2); changes > 0; changes--) {
    if (random.chance(0.2)) login.delete(random.pick([...login.keys(), '']));
    else if (random.chance(0.3)) login.set(random.pick(FIELD_NAMES), random.pick(AT_THE_LIMITS));
    else login.set(anyKey(random), anyValue(random));
  }
  return Object.fromEntries(login);
}
