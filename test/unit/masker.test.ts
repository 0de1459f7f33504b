import { createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ADOPTED_KEY_INFO, deriveKeys, deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker, KEY_ID, VALUE_KEYS } from '../../lambda/masking/masker.ts';
import {
  canonicalDeviceId,
  canonicalIp,
  countingKey,
  maskDeviceId,
  maskIp,
  VECTOR_MASKER,
} from '../support/pseudonyms.ts';

const K2 = createMasker('k2', deriveMaskKeys(countingKey(0), countingKey(0x20)));
const K3 = createMasker('k3', deriveMaskKeys(countingKey(0), countingKey(0x40)));
const OTHER_ROOT = createMasker('k1', deriveMaskKeys(countingKey(0).with(0, 255), countingKey(0)));

/** For the root 00 .. 1f, k1 without a layer of its own, k2 20 .. 3f, k3 40 .. 5f; by Python's hmac and OpenSSL's AES. */
const IPV4 = {
  k1: 'k1_16fa6ba94aa27df361254da966fb2fd9',
  k2: 'k2_988fb9774bc4fdf7e9a7f20204d82ac4',
  k3: 'k3_c00ab91e5f7b2a4ff9473afa455abb46',
};
const IPV6 = {
  k1: 'k1_1a5bcd96d569f0ec36ddd5713a1719f7',
  k2: 'k2_ba629bde8f1e87e25822177e704b9f68',
  k3: 'k3_4dcf85d95c25b3ce34cd0a6933870991',
};
const IP_TEXT = {
  k1: 'k1t_8bec683fb98006e1eee575418d304179',
  k2: 'k2t_2f0793cb664084f48d24417cd91246c3',
  k3: 'k3t_aa5f7fa74c30eaacee2d09b05801f5fe',
};
const DEVICE = {
  k1: 'k1_ec0df8ca715ca510825d3fc9bb304c98',
  k2: 'k2_6d4278fdd82484d21c4ac1aae0a01df3',
  k3: 'k3_c1db431595a40b78154af00aaf58ba0c',
};
const DEVICE_IN_UTF8 = 'k1_a4b9546e1c378dfe7f5d0781d5f72c25';
const DEVICE_THAT_READS_AS_IP = 'k1_c21fb5122d7ad27229539936bbc08d21';

describe('golden pseudonyms', () => {
  test.for([
    ['199.172.111.135', IPV4],
    [' 199.172.111.135\n', IPV4],
    ['::ffff:199.172.111.135', IPV4],
    ['2001:db8::1', IPV6],
    ['2001:DB8:0::0001', IPV6],
    ['2001:db8::1%eth0', IPV6],
    ['not an ip', IP_TEXT],
    [' not an ip ', IP_TEXT],
  ] as const)('ip %j', ([ip, { k1, k2, k3 }]) => {
    expect([VECTOR_MASKER, K2, K3].map((masker) => maskIp(ip, masker))).toEqual([k1, k2, k3]);
  });

  test('while layers are rotated: those below the frontier are under the next key', () => {
    const { root, layer } = deriveMaskKeys(countingKey(0), countingKey(0x20));
    const next = { kid: 'k3', layer: deriveMaskKeys(countingKey(0), countingKey(0x40)).layer };
    const both = createMasker('k2', { root, layer, next });
    const values = [canonicalIp('199.172.111.135'), null, canonicalIp('not an ip'), canonicalDeviceId('593-47-5928')];
    const under = (frontier: string) => both.mask(values, { kid: 'k2', nextKid: 'k3', frontier });
    expect(both.kids).toEqual(['k2', 'k3']);
    expect(both.mask(values)).toEqual([IPV4.k2, null, IP_TEXT.k2, DEVICE.k2]);
    expect(under('')).toEqual([IPV4.k2, null, IP_TEXT.k2, DEVICE.k2]);
    expect(under('6d')).toEqual([IPV4.k2, null, IP_TEXT.k3, DEVICE.k2]);
    expect(under('6e')).toEqual([IPV4.k2, null, IP_TEXT.k3, DEVICE.k3]);
    // The frontier itself has not moved yet.
    expect(under('988fb9774bc4fdf7e9a7f20204d82ac4')[0]).toBe(IPV4.k2);
    expect(under('988fb9774bc4fdf7e9a7f20204d82ac5')[0]).toBe(IPV4.k3);
    expect(both.mask(values, { kid: 'k3', nextKid: null, frontier: '' })[0]).toBe(IPV4.k3);
    expect(() => both.mask(values, { kid: 'k4', nextKid: null, frontier: '' })).toThrow(
      new RangeError('there is no layer key of this id'),
    );
    // Without a next key there is nothing that the frontier could divide.
    expect(both.mask(values, { kid: 'k2', nextKid: null, frontier: 'f' })).toEqual(both.mask(values));
  });

  test('device ids', () => {
    const { k1, k2, k3 } = DEVICE;
    expect([VECTOR_MASKER, K2, K3].map((masker) => maskDeviceId('593-47-5928', masker))).toEqual([k1, k2, k3]);
    expect(maskDeviceId('Łódź-😀')).toBe(DEVICE_IN_UTF8);
    expect(maskDeviceId('199.172.111.135')).toBe(DEVICE_THAT_READS_AS_IP);
  });

  test('a text that is too long to be hashed in place', () => {
    const { root, layer } = deriveMaskKeys(countingKey(0));
    const text = 'é'.repeat(200);
    const base = createHmac('sha256', root.deviceId).update(text).digest().subarray(0, 16);
    const block = createCipheriv('aes-256-ecb', layer.block, null).update(base);
    expect(maskDeviceId(text)).toBe(`k1_${block.toString('hex')}`);
  });

  test('check values', () => {
    expect(VECTOR_MASKER.checks).toEqual([
      { name: 'root', value: 'ff3c7fbf' },
      { name: 'k1', value: 'fbbf5a80' },
    ]);
    expect(K2.checks).toEqual([
      { name: 'root', value: 'ff3c7fbf' },
      { name: 'k2', value: '0e2ef934' },
    ]);
    expect(K3.checks[1]).toEqual({ name: 'k3', value: '77328a48' });
  });
});

describe('many values at once', () => {
  const values = [
    canonicalIp('2001:db8::1'),
    null,
    canonicalDeviceId('593-47-5928'),
    canonicalIp('not an ip'),
    canonicalIp('199.172.111.135'),
    null,
  ];

  test('come out in their order, null as null', () => {
    expect(VECTOR_MASKER.mask(values)).toEqual([IPV6.k1, null, DEVICE.k1, IP_TEXT.k1, IPV4.k1, null]);
  });

  test('get the same as alone', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => canonicalDeviceId(`device ${i % 700}`));
    const masked = K2.mask(many);
    expect(new Set(masked).size).toBe(700);
    for (const at of [0, 699, 700, 1_999]) expect(masked[at]).toBe(K2.mask([many[at] ?? null])[0]);
  });

  test('are none if there are none', () => {
    expect(VECTOR_MASKER.mask([])).toEqual([]);
    expect(VECTOR_MASKER.mask([null])).toEqual([null]);
  });
});

describe('unequal pseudonyms', () => {
  test('the same text has another one in each field', () => {
    const digits = (masked: string | null) => masked?.replace(/^.*_/, '');
    expect(maskDeviceId('192.0.2.1')).not.toBe(maskIp('192.0.2.1'));
    expect(digits(maskDeviceId('not an ip'))).not.toBe(digits(maskIp('not an ip')));
  });

  test('an octal spelling is not read as an address', () => {
    expect(maskIp('010.0.0.1')).not.toBe(maskIp('8.0.0.1'));
    expect(maskIp('010.0.0.1')).toMatch(/^k1t_/);
  });

  test.for(['ABC', 'abc', ' abc', 'abc '])('device id %j is like no other', (deviceId) => {
    const others = ['ABC', 'abc', ' abc', 'abc '].filter((other) => other !== deviceId);
    expect(others.map((other) => maskDeviceId(other))).not.toContain(maskDeviceId(deviceId));
  });

  test('another root gives other pseudonyms in every field, under the same layer', () => {
    expect(OTHER_ROOT.checks.map(({ value }) => value)).toEqual([expect.not.stringMatching('ff3c7fbf'), 'fbbf5a80']);
    expect(maskIp('192.0.2.1', OTHER_ROOT)).not.toBe(maskIp('192.0.2.1'));
    expect(maskIp('not an ip', OTHER_ROOT)).not.toBe(IP_TEXT.k1);
    expect(maskDeviceId('593-47-5928', OTHER_ROOT)).not.toBe(DEVICE.k1);
  });
});

describe('equal pseudonyms', () => {
  test('a device id in NFC and in NFD is the same', () => {
    expect(maskDeviceId('Cafe\u0301')).toBe(maskDeviceId('Caf\u00e9'));
  });

  test('a value masked twice is the same', () => {
    expect(maskIp('192.0.2.1')).toEqual(maskIp('192.0.2.1'));
  });
});

describe('nothing to mask', () => {
  test.for([null, '', ' ', '\t\r\n'])('ip %j gives null', (ip) => {
    expect(maskIp(ip)).toBeNull();
  });

  test.for([null, ''])('device id %j gives null', (deviceId) => {
    expect(maskDeviceId(deviceId)).toBeNull();
  });

  test('white space is a device id', () => {
    expect(maskDeviceId(' ')).toMatch(/^k1_[0-9a-f]{32}$/);
  });
});

test('the kinds of values keep their order, by which the vault numbers them', () => {
  expect(VALUE_KEYS).toEqual(['ip', 'deviceId', 'ipText']);
});

describe('a key id', () => {
  test.for(['k1', 'k2', 'k10', 'k9999'])('%s is one', (kid) => {
    expect(kid).toMatch(KEY_ID);
  });

  test.for(['', 'k', 'k0', 'k01', 'K1', '1', 'xk1', 'k1_', 'k1 ', 'k1\n', 'k-1', 'k10000'])('%j is not', (kid) => {
    expect(kid).not.toMatch(KEY_ID);
  });
});

describe('for an adopted table of SHA-256 hashes', () => {
  const root = deriveKeys(countingKey(0), ADOPTED_KEY_INFO);
  const { layer } = deriveMaskKeys(countingKey(0));
  const adopted = createMasker('k1', { root, layer, isAdopted: true });
  const ofHashes = createMasker('k1', { root, layer });
  /** Of 593-47-5928, by sha256sum. */
  const OLD_HASH = '4f00c1a807b673887c7af517d0df68e6b41aecf8cbec26c71fe4c580664669ed';

  test('pseudonyms and check value have their golden values', () => {
    expect(maskIp('199.172.111.135', adopted)).toBe('k1_a1e0859e3de02a4a5bfa8435908a6b96');
    expect(maskDeviceId('593-47-5928', adopted)).toBe('k1_f0efe96504e45096dfb8fbf91cfefffc');
    expect(adopted.checks[0]).toEqual({ name: 'sha256', value: '8c51592a' });
  });

  test('an old hash has the pseudonym of its value', () => {
    const masked = ofHashes.mask([{ key: 'deviceId', text: OLD_HASH }]);
    expect(masked).toEqual([maskDeviceId('593-47-5928', adopted)]);
  });

  test('text in ip looks like an address, since an old hash of it cannot be told from one', () => {
    expect(maskIp('not an ip', adopted)).toMatch(/^k1_[0-9a-f]{32}$/);
  });
});
