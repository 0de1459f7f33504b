import { expect, test } from 'vitest';
import { parseAppVersion, parsePlainVersion } from '../../lambda/message/fields/app-version.ts';

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
] as const)('%s is %i, with and without the expression for the others', ([text, version]) => {
  expect(parseAppVersion(text)).toBe(version);
  expect(parsePlainVersion(text)).toBe(version);
  expect(parseAppVersion(`${text}-rc`)).toBe(version);
});

test.for([
  '',
  '.',
  '1.',
  '.1',
  '1..2',
  '1.2.3.',
  '1.2.3.4',
  '2147',
  '1.1000',
  '1.2.1000',
  '2.3.0-rc',
  ' 2',
  '2 ',
  '1/2',
  '1:2',
])('%j is left to the expression for the others', (text) => {
  expect(parsePlainVersion(text)).toBeNull();
});

test.for([
  ['v1.2', 1_002_000],
  ['V1.2', 1_002_000],
  [' 2.3.0', 2_003_000],
  ['2.3.0 ', 2_003_000],
  ['\t\r\n2.3.0\v\f', 2_003_000],
  [' v2.3.0 ', 2_003_000],
  ['2.3.0 (45)', 2_003_000],
  ['2.3.0(45)', 2_003_000],
  ['2.3.0-rc.1 (1234)', 2_003_000],
  ['2.3.0-', 2_003_000],
  ['2.3.0+45', 2_003_000],
  ['2.3.0_45', 2_003_000],
  ['2.3.0~beta', 2_003_000],
  ['2.3.0beta', 2_003_000],
  ['2.3.0b\u00a0\0\ud800', 2_003_000],
  ['2.3.0\nanything', 2_003_000],
  ['2.3.0\vanything', 2_003_000],
  ['2.3.0\fanything', 2_003_000],
  ['2.3.0\tanything', 2_003_000],
  ['5.0.0.RC1', 5_000_000],
  ['5.x', 5_000_000],
  ['2-beta', 2_000_000],
  ['2.3+1', 2_003_000],
  ['1e3', 1_000_000],
  ['442.0.0.44.114', 442_000_000],
  ['2.23.20.76', 2_023_020],
  ['2.3.1.77', 2_003_001],
] as const)('%j is %i, whatever stands around it', ([text, version]) => {
  expect(parseAppVersion(text)).toBe(version);
});

test('versions that differ in the fourth part are equal, and so are a release and its candidates', () => {
  expect(parseAppVersion('2.3.1.1')).toBe(parseAppVersion('2.3.1.2'));
  expect(parseAppVersion('2.3.1-rc.1')).toBe(parseAppVersion('2.3.1'));
});

test('the largest version fits an integer of Postgres', () => {
  expect(parseAppVersion('2146.999.999')).toBeLessThanOrEqual(2_147_483_647);
});

test.for(['120.0.6099.71', '20241015', '2147', '2147.0.0', '99999999999999999999', '2.1000', '2.1000.0', '2.3.1000'])(
  '%s does not fit',
  (text) => {
    expect(parseAppVersion(text)).toBeNull();
  },
);

test.for([
  '',
  ' ',
  'v',
  'vv1.2',
  'v 1.2',
  'version 1.2',
  'two',
  '2.',
  '.2',
  '2..3',
  '1.2.',
  '2.3. (45)',
  '2.3.-1',
  '-1',
  '2.-3',
  '2,3,0',
  '1,2,3',
  '2/3',
  '2.3.0:1',
  '2.3.0\0',
  '2.3.0\u00a0',
  '\u00a02.3.0',
  '2.3.0\u00e9',
  '٢.٣.٠',
  '２.3',
])('%j is not a version', (text) => {
  expect(parseAppVersion(text)).toBeNull();
});

test('a text may be as long as a message holds, and is still quick', () => {
  expect(parseAppVersion('1.'.repeat(500_000))).toBeNull();
  expect(parseAppVersion(`${'1.'.repeat(500_000)}1`)).toBe(1_001_001);
  expect(parseAppVersion('9'.repeat(1_000_000))).toBeNull();
  expect(parseAppVersion(`1${' '.repeat(1_000_000)}x`)).toBe(1_000_000);
});

test('versions that differ only by their dots stay different', () => {
  expect(new Set(['0.26', '0.2.6', '2.6', '26'].map(parseAppVersion)).size).toBe(4);
});
