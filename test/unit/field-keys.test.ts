import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deriveFieldKeys, FIELD_KEY_INFO, type FieldKeyName } from '../../lambda/masking/field-keys.ts';

const MASTER = Uint8Array.from({ length: 32 }, (_, i) => i);

/** Computed by Python's hmac and hashlib from RFC 5869, for the master 00 01 .. 1f. */
const GOLDEN = [
  ['ip', 'e74b9d88b069b73e70039db5a2275d6a4e1582c7434de4c71ef72dc63a56ae06'],
  ['deviceId', 'c2649e4093291cc7db577ca5efc22d8735db2dfd550c5998f1d5d5534366f0ae'],
  ['ipRaw', 'aa6001c3336e7ca77a42d80eb0ae553e652a48ad39ccfee178312d647f7c81df'],
  ['check', 'e2455c705cebe4d2b094365a0d3888dbc7f1849f7967208108d87844f465de24'],
] as const satisfies [FieldKeyName, string][];

function hexKeys(master: Uint8Array): string[] {
  return Object.values(deriveFieldKeys(master)).map((key) => key.export().toString('hex'));
}

describe('field keys', () => {
  test.for(GOLDEN)('the key %s has its golden value', ([name, hex]) => {
    expect(deriveFieldKeys(MASTER)[name].export().toString('hex')).toBe(hex);
  });

  test('are the same from the same master', () => {
    expect(hexKeys(MASTER)).toEqual(hexKeys(Buffer.from(MASTER)));
  });

  test('are all others from another master', () => {
    const other = MASTER.with(31, 32);
    expect(new Set([...hexKeys(MASTER), ...hexKeys(other)]).size).toBe(8);
  });

  test('depend on all of a long master', () => {
    const long = Uint8Array.from({ length: 64 }, (_, i) => i);
    expect(hexKeys(long)).not.toEqual(hexKeys(MASTER));
    expect(hexKeys(long)).not.toEqual(hexKeys(long.with(63, 0)));
  });

  test('are those that a KMS key imported from HKDF-Extract gives by GenerateMac', () => {
    const imported = createHmac('sha256', Buffer.alloc(32)).update(MASTER).digest();
    const keys = deriveFieldKeys(MASTER);
    for (const [name, info] of Object.entries(FIELD_KEY_INFO) as [FieldKeyName, string][]) {
      const mac = createHmac('sha256', imported).update(info).update(Uint8Array.of(1)).digest('hex');
      expect(keys[name].export().toString('hex')).toBe(mac);
    }
  });

  test('are KeyObjects, which print no bytes', () => {
    const { ip } = deriveFieldKeys(MASTER);
    expect(ip.type).toBe('secret');
    expect(JSON.stringify(ip)).toBe('{}');
  });
});
