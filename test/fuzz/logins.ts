import type { Canonical } from '../../lambda/masking/masker.ts';
import { FIELD_NAMES, FIELDS, type FieldName } from '../../lambda/message/fields/fields.ts';
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

export interface Drawn {
  login: object;
  /** What the table holds of it, by column: known from how it was drawn, and not by the code that is tried. */
  stored: Stored;
}

export type Stored = Readonly<Record<string, string | number | null | Canonical>>;

/** A value as it is sent, and what becomes of it. */
type Pair = readonly [sent: unknown, stored: string | number | null | Canonical];

/** A login event that must become a row, however odd: in a flat object, or nested below unknown keys. */
export function drawLogin(random: Random): Drawn {
  const pairs = {
    user_id: userId(random),
    app_version: version(random),
    device_type: deviceType(random),
    ip: random.chance(0.1) ? nothing(random) : ip(random),
    device_id: random.chance(0.1) ? nothing(random) : deviceId(random),
    locale: locale(random),
  } satisfies Partial<Record<FieldName, Pair>>;
  const names = Object.keys(pairs) as (keyof typeof pairs)[];
  const sent = names
    .filter((name) => pairs[name][0] !== undefined)
    .map((name): [string, unknown] => [name, pairs[name][0]]);
  const login = random.chance(0.7) ? Object.fromEntries(random.shuffled(sent)) : nested(random, sent);
  return { login, stored: Object.fromEntries(names.map((name) => [FIELDS[name].column, pairs[name][1]])) };
}

export function validLogin(random: Random): object {
  return drawLogin(random).login;
}

function nested(random: Random, fields: readonly [string, unknown][]): object {
  const root: Record<string, unknown> = Object.create(null);
  const noise = random.array(random.int(0, 5), (i) => [
    `${CANARY} ${i}`,
    random.pick([1, [{ ip: CANARY }], 'x', null]),
  ]);
  // Some of them twice, which is once where the values are equal.
  const again = fields.filter(([, value]) => typeof value !== 'object' && random.chance(0.1));
  for (const [name, value] of random.shuffled([...fields, ...again, ...(noise as [string, unknown][])])) {
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

function nothing(random: Random): Pair {
  return [random.pick([null, '']), null];
}

function same(text: string): Pair {
  return [text, text];
}

function userId(random: Random): Pair {
  if (random.chance(0.8)) return same(storableText(random, 128));
  const number = random.pick([0, 7, -1, 2 ** 53 - 1, 1 - 2 ** 53, random.int(0, 2 ** 31)]);
  return [number, String(number)];
}

function version(random: Random): Pair {
  const parts = [random.int(0, 2_146), random.int(0, 999), random.int(0, 999), random.int(0, 1e9), random.int(0, 9)];
  const kept = parts.slice(0, random.int(1, 5));
  const [major = 0, minor = 0, patch = 0] = kept;
  const text = random.pick(['', '', 'v', 'V']) + kept.join('.');
  const suffixes = ['', '', '-beta.1', '+45', `-${CANARY}`, ' (45)', '.RC1', '~', '_x', 'b2', '-\0'];
  if (random.chance(0.8)) {
    return [around(random, text + random.pick(suffixes)), major * 1e6 + minor * 1e3 + patch];
  }
  return [
    random.pick([
      null,
      '',
      `${text}.`,
      `${text}..1`,
      `${text},1`,
      '2147',
      '1.1000',
      CANARY,
      'a\0',
      '\udfff',
      `.${text}`,
    ]),
    null,
  ];
}

function deviceType(random: Random): Pair {
  if (random.chance(0.1)) return nothing(random);
  if (random.chance(0.8)) return same(storableText(random, 32));
  const bad = random.pick(['\0', '\ud800']);
  const text = storableText(random, 8);
  return random.chance(0.5)
    ? [text + bad, `${text}\ufffd`]
    : [
        text + '😀'.repeat(40),
        Array.from(text + '😀'.repeat(40))
          .slice(0, 32)
          .join(''),
      ];
}

function locale(random: Random): Pair {
  if (random.chance(0.3)) return [random.pick([undefined, null, '']), null];
  if (random.chance(0.7)) return same(storableText(random, 32));
  const tail = random.pick([',', ';', '@', ' ', '\n']) + 'x'.repeat(40);
  return random.pick<Pair>([
    [`de-CH${tail}`, 'de-CH'],
    [`${'世'.repeat(32)}${tail}`, '世'.repeat(32)],
    [`${'世'.repeat(33)}${tail}`, null],
    [tail, null],
    [`de${tail}\0`, null],
    ['\udfff', null],
  ]);
}

function ip(random: Random): Pair {
  const octets = random.array(4, (i) => random.int(i === 0 ? 1 : 0, 255)).join('.');
  const groups = random.array(6, () => random.int(1, 0xffff).toString(16)).join(':');
  const v6 = `${groups}:0:0`;
  const [text, canonical] = random.pick([
    [octets, octets],
    [`::ffff:${octets}`, octets],
    [v6, `${groups}::`],
    [`${groups.toUpperCase()}::`, `${groups}::`],
    [`${groups}::%${CANARY}`, `${groups}::`],
  ] as const);
  const isV6 = text.includes(':');
  const withPort = isV6 ? `[${text}]:${random.int(0, 65_535)}` : `${text}:${random.int(0, 65_535)}`;
  const odd = `${CANARY} ${random.pick(['', storableText(random, 300)])}`.trim();
  const address = (sent: string): Pair => [around(random, sent), { key: 'ip', text: canonical }];
  return random.pick<() => Pair>([
    () => address(text),
    () => address(text),
    () => address(withPort),
    () => address(isV6 ? `[${text}]` : text),
    () => address(`${text}, ${CANARY}`),
    () => address(`For="${withPort}";by=${CANARY}, for=x`),
    () => [around(random, `0${octets}`), { key: 'ipText', text: `0${octets}` }],
    () => [around(random, `${octets}:65536`), { key: 'ipText', text: `${octets}:65536` }],
    () => [`!${odd}!`, { key: 'ipText', text: `!${odd}!` }],
    () => [
      around(random, random.pick(['UNKNOWN', '-', '(null)', 'N/A', '0.0.0.0', '::', '[::]:1', 'unknown, x'])),
      null,
    ],
    () => [random.pick(SPACES), null],
  ])();
}

function deviceId(random: Random): Pair {
  const id = (sent: unknown, text: string): Pair => [sent, { key: 'deviceId', text }];
  const uuid = `a${random.uuid().slice(1)}`;
  const odd = `!${storableText(random, 300)}!`;
  const number = random.int(1, 2 ** 31);
  return random.pick<Pair>([
    id(uuid, uuid),
    id(CANARY, CANARY),
    id(odd, odd.normalize('NFC')),
    id('a\u0301'.repeat(7), '\u00e1'.repeat(7)),
    id(` ${uuid}`, ` ${uuid}`),
    id(number, String(number)),
    [around(random, random.pick(['NULL', '000-00', '00:00', '02:00:00:00:00:00', '9774D56D682E549C'])), null],
    [0, null],
  ]);
}

function around(random: Random, text: string): string {
  return random.pick(SPACES) + text + random.pick(SPACES);
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
