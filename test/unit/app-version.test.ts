import { expect, test } from 'vitest';
import { parseAppVersion } from '../../lambda/message/app-version.ts';

test.for([
  ['2.3.0', 2_003_000],
  ['0.96', 96_000],
  ['2.00', 2_000_000],
  ['7', 7_000_000],
  ['0', 0],
  ['0.0.1', 1],
  ['2.3.10', 2_003_010],
  ['02.003.0004', 2_003_004],
  ['1.999.999', 1_999_999],
  ['2146.999.999', 2_146_999_999],
] as const)('%s is %i', ([text, version]) => {
  expect(parseAppVersion(text)).toBe(version);
});

test.for(['2.3.1.0', '2.3.1.77', '2.3.1.123456789'])('the fourth part of %s says nothing', (text) => {
  expect(parseAppVersion(text)).toBe(2_003_001);
});

test.for(['2.3.1-beta.1', '2.3.1+45', '2.3.1-rc.2+exp.sha-5114f85', '2.3.1.9-SNAPSHOT'])(
  'the suffix of %s says nothing',
  (text) => {
    expect(parseAppVersion(text)).toBe(2_003_001);
  },
);

test('a suffix may follow a short version', () => {
  expect(parseAppVersion('2-beta')).toBe(2_000_000);
  expect(parseAppVersion('2.3+1')).toBe(2_003_000);
});

test('the largest version fits an integer of Postgres', () => {
  expect(parseAppVersion('2146.999.999')).toBeLessThanOrEqual(2_147_483_647);
});

test.for(['2147', '2147.0.0', '99999999999999999999', '2.1000', '2.1000.0', '2.3.1000'])(
  '%s is beyond the limits',
  (text) => {
    expect(parseAppVersion(text)).toBeNull();
  },
);

test.for([
  '',
  ' ',
  'v2.3.0',
  'two',
  '2.',
  '.2',
  '2..3',
  '2.3.',
  '2.3.0.1.5',
  '-1',
  '2.-3',
  '2.3.0-',
  '2.3.0+',
  '2.3.0 beta',
  '2.3.0beta',
  '2.3.0-b_1',
  '2,3,0',
  '1e3',
  '0x2',
  ' 2.3.0',
  '2.3.0 ',
  '2.3.0\n',
  '2.3.0\n2.3.0',
  '2.3.0\0',
  '٢.٣.٠',
])('%j is no version', (text) => {
  expect(parseAppVersion(text)).toBeNull();
});

test('versions that differ only by their dots stay different', () => {
  expect(new Set(['0.26', '0.2.6', '2.6', '26'].map(parseAppVersion)).size).toBe(4);
});
