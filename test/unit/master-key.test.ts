import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';

const KEY = createHash('sha256').update('a key for tests').digest();
const LONG_KEY = createHash('sha512').update('a key for tests').digest();
const hex = KEY.toString('hex');
const base64 = KEY.toString('base64');

const NOT_DECODED = { ok: false, problem: expect.stringContaining('"hex:" or "base64:"') };
const TOO_SHORT = { ok: false, problem: expect.stringContaining('at least 32 bytes') };
const NOT_RANDOM = { ok: false, problem: expect.stringContaining('must be random') };

function bytesOf(text: string): string | null {
  const key = parseMasterKey(text);
  return key.ok ? Buffer.from(key.bytes).toString('hex') : null;
}

function asHex(byteAt: (i: number) => number, length = 32): string {
  return `hex:${Buffer.from(Array.from({ length }, (_, i) => byteAt(i))).toString('hex')}`;
}

describe('a key is accepted', () => {
  test.for([
    ['hex', `hex:${hex}`],
    ['hex in capitals', `hex:${hex.toUpperCase()}`],
    ['base64', `base64:${base64}`],
  ] as const)('in %s', ([, text]) => {
    expect(bytesOf(text)).toBe(hex);
  });

  test('longer than 32 bytes, with all its bytes', () => {
    expect(bytesOf(`hex:${LONG_KEY.toString('hex')}`)).toBe(LONG_KEY.toString('hex'));
    expect(bytesOf(`base64:${LONG_KEY.toString('base64')}`)).toBe(LONG_KEY.toString('hex'));
  });

  test('that counts evenly but for one step', () => {
    expect(parseMasterKey(asHex((i) => (i < 2 ? i : i + 9))).ok).toBe(true);
  });

  test('with eight different bytes, which a random key all but always has', () => {
    expect(parseMasterKey(asHex((i) => (i % 8) ** 2)).ok).toBe(true);
  });
});

describe('an encoding is refused', () => {
  test.for([
    ['without a prefix', hex],
    ['empty', ''],
    ['with another prefix', `utf8:${hex}`],
    ['with the prefix in capitals', `HEX:${hex}`],
    ['with white space before it', ` hex:${hex}`],
    ['with white space after it', `hex:${hex} `],
    ['with a line end after it', `hex:${hex}\n`],
    ['with an odd number of hex digits', `hex:${hex}0`],
    ['with a letter that is not a hex digit', `hex:${hex.slice(0, -1)}g`],
    ['with 0x', `hex:0x${hex}`],
    ['with base64 labelled as hex', `hex:${base64}`],
    ['with a sign that is not base64', `base64:${base64.replace('=', '!')}`],
    ['with text after the base64', `base64:${base64}x`],
  ] as const)('%s', ([, text]) => {
    expect(parseMasterKey(text)).toEqual(NOT_DECODED);
  });
});

describe('a key is refused', () => {
  test.for([
    ['no bytes in hex', 'hex:'],
    ['no bytes in base64', 'base64:'],
    ['31 bytes in hex', `hex:${hex.slice(2)}`],
    ['31 bytes in base64', `base64:${KEY.subarray(1).toString('base64')}`],
    ['16 bytes, though of 32 digits', `hex:${hex.slice(32)}`],
  ] as const)('with %s, as too short', ([, text]) => {
    expect(parseMasterKey(text)).toEqual(TOO_SHORT);
  });

  test.for([
    ['zeros', asHex(() => 0)],
    ['equal bytes', asHex(() => 0xff)],
    ['counting bytes, as in the published test vectors', asHex((i) => i)],
    ['counting bytes that start elsewhere', asHex((i) => 0x41 + i)],
    ['counting bytes that pass 255', asHex((i) => (240 + i) % 256)],
    ['bytes that count down', asHex((i) => 255 - i)],
    ['bytes that count in steps', asHex((i) => (7 * i) % 256)],
    ['more counting bytes', asHex((i) => i, 64)],
    ['two bytes in turn', asHex((i) => i % 2)],
    ['seven different bytes', asHex((i) => (i % 7) ** 2)],
    ['a word over and over', `base64:${Buffer.from('password'.repeat(4)).toString('base64')}`],
  ] as const)('of %s, as guessable', ([, text]) => {
    expect(parseMasterKey(text)).toEqual(NOT_RANDOM);
  });
});

test('no problem quotes the key', () => {
  for (const text of [hex, `hex:${hex}0`, `hex:${hex.slice(2)}`, asHex((i) => i)]) {
    const digits = text.replace('hex:', '');
    expect(JSON.stringify(parseMasterKey(text))).not.toContain(digits.slice(0, 6));
  }
});
