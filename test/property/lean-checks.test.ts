import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAppVersion } from '../../lambda/message/fields/app-version.ts';
import { FIELD_NAMES } from '../../lambda/message/fields/fields.ts';
import { readIp } from '../../lambda/message/fields/ip.ts';
import type { Refusal } from '../../lambda/message/fields/reader.ts';
import { parseMessage } from '../../lambda/message/parse-message.ts';
import { sqsRecord } from '../support/records.ts';

/**
 * The usual message takes a short way through the checks. White space around a value, or an object around the event,
 * makes it take the careful one instead, and must not change a verdict.
 */
describe('the short way says what the careful one says', () => {
  const number = fc.oneof(
    fc.constantFrom('0', '00', '999', '1000', '2146', '2147', ''),
    fc.stringMatching(/^\d{1,5}$/),
  );
  const version = fc.oneof(
    fc.array(number, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
    fc.stringMatching(/^[v0-9.+-]{0,9}$/),
  );

  test('of a version', () => {
    fc.assert(
      fc.property(version, (text) => {
        expect(parseAppVersion(text)).toBe(parseAppVersion(` ${text}`));
      }),
      { numRuns: 5_000 },
    );
  });

  const octets = fc.array(fc.constantFrom('0', '1', '01', '255', '256', ''), { minLength: 3, maxLength: 5 });
  const groups = fc.array(fc.constantFrom('0', '1', '0db8', 'FFFF', 'ffff', '10000', ''), {
    minLength: 2,
    maxLength: 9,
  });
  const address = fc.oneof(
    fc.constantFrom(
      '0.0.0.0',
      '::',
      '0:0::0',
      '::ffff:0.0.0.0',
      '::ffff:1.2.3.4',
      'fe80::1%eth0',
      '1.2.3.4:5',
      '[::1]',
    ),
    octets.map((parts) => parts.join('.')),
    groups.map((parts) => parts.join(':')),
    fc.tuple(groups, octets).map(([head, tail]) => `${head.join(':')}:${tail.join('.')}`),
    fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
  );
  const readAs = (text: string): [ReturnType<typeof readIp> | Refusal, string[]] => {
    const changes: Parameters<typeof readIp>[1] = [];
    return [readIp(text, changes, 0), changes];
  };

  test('of an ip', () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(readAs(text)).toEqual(readAs(` ${text}`));
      }),
      { numRuns: 5_000 },
    );
  });

  const value = fc.oneof(fc.string(), fc.constantFrom(null, 7, true, [], ['x'], {}, { ip: 'x' }), address, version);
  const others = fc.dictionary(fc.constantFrom('Type', 'x', '__proto__', 'detail'), value, { maxKeys: 2 });
  const fields = fc.record(Object.fromEntries(FIELD_NAMES.map((name) => [name, value])), { requiredKeys: [] });

  test('of an event', () => {
    const verdict = (body: object) => parseMessage(sqsRecord(body, { messageId: 'x', sentAt: 1 }), 1);
    fc.assert(
      fc.property(fields, others, (known, unknown) => {
        const event = { ...known, ...unknown };
        expect(verdict(event)).toEqual(verdict({ around: event }));
      }),
      { numRuns: 5_000 },
    );
  });
});
