import { describe, expect, test } from 'vitest';
import { deriveFieldKeys } from '../../lambda/masking/field-keys.ts';
import { createMasker, KEY_ID } from '../../lambda/masking/masker.ts';

const MASTER = Uint8Array.from({ length: 32 }, (_, i) => i);
const masker = createMasker('k1', deriveFieldKeys(MASTER));
const otherMasker = createMasker('k1', deriveFieldKeys(MASTER.with(0, 255)));

/** For the master 00 01 .. 1f, computed by Python and by Node. */
const GOLDEN = {
  ipv4: 'k1_28484d988cd651084104d0e78e7f9b85ac04691e428cc1b19f5d4fa6763f9a13',
  ipv6: 'k1_ce6bb06f20699c71ef254b6a78b734748aa2dbfc21c1e136a780177f9ab3467c',
  ipText: 'k1_8a5f07648b481211438d625011f8dc426d1dd1c2763657bdc2b8dcf6b766f8e2',
  device: 'k1_505a7f30e3194ac138e435c3d61debd837f8944ffff46f693a080127807149f5',
  deviceInUtf8: 'k1_0cc3a90ed6925dbdcb99a768f15e45e48a7455dde4abb1ab6d8d990d94131eaf',
  deviceThatReadsAsIp: 'k1_ec421bdc0c38bad0d65b08c803cfad0089be8800af8ce5cd504abd9404462936',
};

describe('golden pseudonyms', () => {
  test.for([
    ['199.172.111.135', GOLDEN.ipv4],
    [' 199.172.111.135\n', GOLDEN.ipv4],
    ['::ffff:199.172.111.135', GOLDEN.ipv4],
    ['2001:db8::1', GOLDEN.ipv6],
    ['2001:DB8:0::0001', GOLDEN.ipv6],
    ['2001:db8::1%eth0', GOLDEN.ipv6],
  ] as const)('ip %j', ([ip, masked]) => {
    expect(masker.maskIp(ip)).toEqual({ masked, isAddress: true });
  });

  test.for(['unknown', ' unknown '])('ip %j, which is no address', (ip) => {
    expect(masker.maskIp(ip)).toEqual({ masked: GOLDEN.ipText, isAddress: false });
  });

  test.for([
    ['593-47-5928', GOLDEN.device],
    ['Łódź-😀', GOLDEN.deviceInUtf8],
    ['199.172.111.135', GOLDEN.deviceThatReadsAsIp],
  ] as const)('device id %s', ([deviceId, masked]) => {
    expect(masker.maskDeviceId(deviceId)).toBe(masked);
  });
});

describe('unequal pseudonyms', () => {
  test('the same text has another one in each field', () => {
    expect(masker.maskDeviceId('192.0.2.1')).not.toBe(masker.maskIp('192.0.2.1').masked);
    expect(masker.maskDeviceId('unknown')).not.toBe(masker.maskIp('unknown').masked);
  });

  test('an octal spelling is not read as an address', () => {
    expect(masker.maskIp('010.0.0.1').masked).not.toBe(masker.maskIp('8.0.0.1').masked);
    expect(masker.maskIp('010.0.0.1').isAddress).toBe(false);
  });

  test.for(['ABC', 'abc', ' abc', 'abc '])('device id %j is like no other', (deviceId) => {
    const others = ['ABC', 'abc', ' abc', 'abc '].filter((other) => other !== deviceId);
    expect(others.map(masker.maskDeviceId)).not.toContain(masker.maskDeviceId(deviceId));
  });

  test('another master gives other ones in every field', () => {
    expect(otherMasker.maskIp('192.0.2.1').masked).not.toBe(masker.maskIp('192.0.2.1').masked);
    expect(otherMasker.maskIp('unknown').masked).not.toBe(masker.maskIp('unknown').masked);
    expect(otherMasker.maskDeviceId('593-47-5928')).not.toBe(GOLDEN.device);
  });
});

describe('equal pseudonyms', () => {
  test('a device id in NFC and in NFD is the same', () => {
    expect(masker.maskDeviceId('Cafe\u0301')).toBe(masker.maskDeviceId('Caf\u00e9'));
  });

  test('a value masked twice is the same', () => {
    expect(masker.maskIp('192.0.2.1')).toEqual(masker.maskIp('192.0.2.1'));
  });
});

describe('nothing to mask', () => {
  test.for([null, '', ' ', '\t\r\n'])('ip %j gives null, and is not counted as text', (ip) => {
    expect(masker.maskIp(ip)).toEqual({ masked: null, isAddress: true });
  });

  test.for([null, ''])('device id %j gives null', (deviceId) => {
    expect(masker.maskDeviceId(deviceId)).toBeNull();
  });

  test('white space is a device id', () => {
    expect(masker.maskDeviceId(' ')).toMatch(/^k1_[0-9a-f]{64}$/);
  });
});

describe('the key', () => {
  test('is named in every pseudonym', () => {
    const second = createMasker('k2', deriveFieldKeys(MASTER));
    expect(second.kid).toBe('k2');
    expect(second.maskDeviceId('593-47-5928')).toBe(GOLDEN.device.replace('k1_', 'k2_'));
    expect(second.maskIp('2001:db8::1').masked).toBe(GOLDEN.ipv6.replace('k1_', 'k2_'));
  });

  test('has a check value of its own, whatever its id', () => {
    expect(masker.checkValue).toBe('ff3c7fbf');
    expect(createMasker('k2', deriveFieldKeys(MASTER)).checkValue).toBe('ff3c7fbf');
    expect(otherMasker.checkValue).toMatch(/^[0-9a-f]{8}$/);
    expect(otherMasker.checkValue).not.toBe(masker.checkValue);
  });

  test.for(['k1', 'k2', 'k10', 'k999999'])('%s may be its id', (kid) => {
    expect(kid).toMatch(KEY_ID);
  });

  test.for(['', 'k', 'k0', 'k01', 'K1', '1', 'xk1', 'k1_', 'k1 ', 'k1\n', 'k-1', 'k1000000'])('%j may not', (kid) => {
    expect(kid).not.toMatch(KEY_ID);
  });
});
