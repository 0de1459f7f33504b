import { describe, expect, test } from 'vitest';
import { readDeviceId } from '../../lambda/message/fields/device-id.ts';
import { DEVICE_PLACEHOLDERS } from '../../lambda/message/fields/placeholders.ts';
import { canonicalDeviceId, readValue } from '../support/pseudonyms.ts';

const read = (value: unknown) => readValue(readDeviceId, value);
const id = (text: string, ...changes: string[]) => ({ value: { key: 'deviceId', text }, changes });
const PLACEHOLDER = { value: null, changes: ['placeholder_device'] };

describe('a device id', () => {
  test('is one in NFC and NFD', () => {
    expect(read('Cafe\u0301')).toEqual(id('Caf\u00e9'));
    expect(read('Caf\u00e9')).toEqual(id('Caf\u00e9'));
  });

  test.for([' 593-47-5928', '593-47-5928\n', 'ABC', 'abc', ' ', '\t', '\ufb01', '\uff11'])(
    '%j stays as it is',
    (text) => {
      expect(read(text)).toEqual(id(text));
    },
  );

  test('is normalised up to thirty marks on a letter, wherever that letter is', () => {
    const marks = '\u0301\u0316'.repeat(15);
    const ordered = '\u0316'.repeat(15) + '\u0301'.repeat(15);
    expect(read(`x${marks}q${marks}`)).toEqual(id(`x${ordered}q${ordered}`));
    expect(read(`x${marks}\u0301`)).toEqual(id(`x${marks}\u0301`));
  });

  test('may consist of as many marks as a message holds, and is still quick', () => {
    const marks = '\u0301'.repeat(250_000) + '\u0316'.repeat(250_000);
    expect(canonicalDeviceId(`x${marks}`)?.text === `x${marks}`).toBe(true);
  });

  test.for([null, ''])('that is %j is nothing, and not counted', (value) => {
    expect(read(value)).toEqual({ value: null, changes: [] });
  });

  test.for([
    [4711, '4711'],
    [-7, '-7'],
    [1e3, '1000'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ] as const)('that is the number %d is its decimal text', ([value, text]) => {
    expect(read(value)).toEqual(id(text, 'number_device_id'));
  });
});

describe('a placeholder', () => {
  test('is one of these', () => {
    const texts = ['unknown', '-', 'null', '(null)', 'none', 'nil', 'nan', 'undefined', 'n/a', 'na'];
    expect([...DEVICE_PLACEHOLDERS].sort()).toEqual([...texts, '02:00:00:00:00:00', '9774d56d682e549c'].sort());
  });

  test.for(DEVICE_PLACEHOLDERS)('%s is null, however it is written', (text) => {
    for (const spelling of [text, text.toUpperCase(), ` ${text}\t`]) expect(read(spelling)).toEqual(PLACEHOLDER);
  });

  test.for([
    '0',
    '000000000000000',
    '00000000-0000-0000-0000-000000000000',
    '00:00:00:00:00:00',
    '-0',
    ':0',
    '0-',
    ' 0000 ',
    '0'.repeat(1_000_000),
  ])('nothing but zeros, - and : is null', (text) => {
    expect(read(text)).toEqual(PLACEHOLDER);
  });

  test('zero as a number is one', () => {
    for (const zero of [0, -0]) {
      expect(read(zero)).toEqual({ value: null, changes: ['number_device_id', 'placeholder_device'] });
    }
  });

  test.for(['$remote', 'aws internal', '--', ':', '::', '-:-', '0.0.0.0', '00000001', 'O0', 'un\u212anown', '0 0'])(
    '%j is an id',
    (text) => {
      expect(read(text).changes).toEqual([]);
      expect(read(text).value).not.toBeNull();
    },
  );
});
