import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { OLD_COLUMNS, type OldColumn, oldHash } from '../../lambda/jobs/adopt/old-values.ts';

const [IP, DEVICE] = OLD_COLUMNS as [OldColumn, OldColumn];
const sha256 = (text: string) => hash('sha256', text, 'hex');

describe('what another program has stored', () => {
  test.each([
    ['a hash', sha256('192.0.2.7'), sha256('192.0.2.7')],
    ['a hash in upper case', sha256('192.0.2.7').toUpperCase(), sha256('192.0.2.7')],
    ['63 digits', sha256('192.0.2.7').slice(1), undefined],
    ['65 digits', `${sha256('192.0.2.7')}0`, undefined],
    ['64 characters that are not digits', 'g'.repeat(64), undefined],
    ['a pseudonym', `k1_${'0'.repeat(32)}`, undefined],
    ['a value in the clear', '192.0.2.7', undefined],
  ])('%s', (_what, value, expected) => {
    for (const column of OLD_COLUMNS) expect(oldHash(value, column)).toBe(expected);
  });

  test.each([
    '',
    'None',
    'null',
    'NULL',
    'undefined',
    'nan',
    'NaN',
    'unknown',
    'UNKNOWN',
    'Unknown',
    '(Null)',
    'N/A',
    '-',
  ])('nothing, as %j, hashed or as it is', (text) => {
    for (const column of OLD_COLUMNS) {
      expect([text, sha256(text), sha256(text).toUpperCase()].map((value) => oldHash(value, column))).toEqual(
        Array(3).fill(null),
      );
    }
  });

  test.each([
    [IP, ['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0', '$remote', 'AWS Internal']],
    [DEVICE, ['0', '0'.repeat(15), '000-00-0000', '02:00:00:00:00:00', '9774D56D682E549C', '9774d56d682e549c']],
  ])('placeholders of one column are values in the other', (column, texts) => {
    const other = column === IP ? DEVICE : IP;
    for (const text of texts) {
      expect(oldHash(sha256(text), column)).toBe(null);
      expect(oldHash(sha256(text), other)).toBe(sha256(text));
      expect(oldHash(text, other)).toBe(undefined);
    }
  });
});
