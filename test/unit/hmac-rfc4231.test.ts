import { createHmac, createSecretKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { createHmacSha256 } from '../../lambda/masking/hmac.ts';

const LARGE_KEY = 'aa'.repeat(131);

/** RFC 4231 section 4: name, key in hex, data, digest (of TC5 the first 128 bits). */
const CASES = [
  ['TC1', '0b'.repeat(20), Buffer.from('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    'TC2, a key shorter than the digest',
    Buffer.from('Jefe').toString('hex'),
    Buffer.from('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'TC3, key and data longer than 64 bytes',
    'aa'.repeat(20),
    Buffer.alloc(50, 0xdd),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    'TC4',
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    Buffer.alloc(50, 0xcd),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  ['TC5, truncated', '0c'.repeat(20), Buffer.from('Test With Truncation'), 'a3b6167473100ee06e0c796c2955552b'],
  [
    'TC6, a key longer than a block',
    LARGE_KEY,
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    'TC7, key and data longer than a block',
    LARGE_KEY,
    Buffer.from(
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
] as const;

const hex = (digest: string) => Buffer.from(digest, 'latin1').toString('hex');

test.for(CASES)("Node's HMAC-SHA-256 agrees with RFC 4231, %s", ([, keyHex, data, expected]) => {
  const key = createSecretKey(Buffer.from(keyHex, 'hex'));
  const digest = createHmac('sha256', key).update(data).digest('hex');
  expect(digest).toHaveLength(64);
  expect(digest.slice(0, expected.length)).toBe(expected);
});

const TEXTS = CASES.filter(([, , data]) => Buffer.from(data.toString()).equals(data));

test.for(TEXTS)('and so does ours, %s', ([, keyHex, data, expected]) => {
  const digest = createHmacSha256(createSecretKey(Buffer.from(keyHex, 'hex')))(data.toString());
  expect(digest).toHaveLength(32);
  expect(hex(digest).slice(0, expected.length)).toBe(expected);
});

test.for([63, 64, 65])('a key of %i bytes, around a whole block, is hashed only where it is longer', (length) => {
  const key = createSecretKey(Buffer.alloc(length, 7));
  expect(hex(createHmacSha256(key)('text'))).toBe(createHmac('sha256', key).update('text').digest('hex'));
});

test('one after another, however long and in whatever script, each has the digest that it has alone', () => {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const hmac = createHmacSha256(key);
  const lengths = [300, 0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 2, 1_000];
  for (const text of ['a', 'ü', '\u20ac', '😀', '\ud800'].flatMap((unit) => lengths.map((n) => unit.repeat(n)))) {
    const expected = createHmac('sha256', key).update(text, 'utf8').digest('hex');
    expect(hex(hmac(text)), `${text.slice(0, 2)} of ${text.length} units`).toBe(expected);
  }
});
