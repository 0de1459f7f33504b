import { randomInt, randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { sqsRecord } from '../support/records.ts';

const VERSIONS = ['2.3.0', '0.96', '2.11.4', '3.0.0', '1.7.12'];
const DEVICE_TYPES = ['android', 'iOS'];
const LOCALES = ['RU', 'en_US', 'pt_BR', 'zh_Hans_CN'];
/** Messages reach a batch a little out of order, so the handler has something to sort. */
const SENT_WITHIN_MS = 2_000;

/**
 * Messages that nobody has seen before. A third has no locale, a fifth an IPv6 address; every value is invented.
 *
 * They are read from JSON as Lambda's runtime does. Straight from `randomUUID` each id would be a chain of pieces, and
 * whoever looks at it first would pay for joining them: 8 ms for 10,000.
 */
export function freshRecords(count: number): SQSRecord[] {
  return JSON.parse(JSON.stringify(makeRecords(count)));
}

function makeRecords(count: number): SQSRecord[] {
  const now = Date.now();
  return Array.from({ length: count }, () =>
    sqsRecord(
      {
        user_id: randomUUID(),
        app_version: oneOf(VERSIONS),
        device_type: oneOf(DEVICE_TYPES),
        ip: randomInt(5) === 0 ? ipv6() : ipv4(),
        locale: randomInt(3) === 0 ? null : oneOf(LOCALES),
        device_id: `${digits(3)}-${digits(2)}-${digits(4)}`,
      },
      { sentAt: now - randomInt(SENT_WITHIN_MS) },
    ),
  );
}

/** Messages whose texts look like the escapes of COPY and of array literals, for proving that each way stores them. */
export function awkwardRecords(): SQSRecord[] {
  const texts = [
    'tab\there',
    'line\nbreak',
    'return\rhere',
    'back\\slash',
    '\\N',
    '\\.',
    'NULL',
    '{"a",b}',
    "it's",
    '😀',
  ];
  return texts.map((text) =>
    sqsRecord({
      user_id: `${randomUUID()} ${text}`,
      app_version: '2.3.0',
      device_type: text,
      ip: text,
      locale: text,
      device_id: null,
    }),
  );
}

/** From the private 10.0.0.0/8: the ranges for documentation have too few addresses to be seldom the same. */
function ipv4(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
}

/** From 2001:db8::/32, which RFC 3849 keeps for documentation. */
function ipv6(): string {
  const group = () => randomInt(65_536).toString(16);
  return `2001:db8:${group()}::${group()}:${group()}`;
}

function digits(count: number): string {
  return `${randomInt(10 ** count)}`.padStart(count, '0');
}

function oneOf(texts: readonly string[]): string {
  return texts[randomInt(texts.length)] as string;
}
