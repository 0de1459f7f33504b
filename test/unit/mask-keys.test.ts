import { createHmac, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deriveMaskKeys, LAYER_KEY_INFO, ROOT_KEY_INFO } from '../../lambda/masking/mask-keys.ts';
import { countingKey } from '../support/pseudonyms.ts';

const MASTER = countingKey(0);
const hexOf = (keys: Readonly<Record<string, KeyObject>>) =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.export().toString('hex')]));

/** Computed by Python's hmac and hashlib from RFC 5869, for the master 00 01 .. 1f. */
const ROOT = {
  ip: 'e74b9d88b069b73e70039db5a2275d6a4e1582c7434de4c71ef72dc63a56ae06',
  ipText: 'aa6001c3336e7ca77a42d80eb0ae553e652a48ad39ccfee178312d647f7c81df',
  deviceId: 'c2649e4093291cc7db577ca5efc22d8735db2dfd550c5998f1d5d5534366f0ae',
  check: 'e2455c705cebe4d2b094365a0d3888dbc7f1849f7967208108d87844f465de24',
};
const LAYER = {
  block: '87b08883017a348ae9d29c64af26eebb34d6e5865f2e1a8b8ae65a7753759598',
  check: 'ac26e22bb368d502c14db12fa974ee73be85ecbb848fdfe205f6addfe636d9de',
};

describe('mask keys', () => {
  test('have their golden values', () => {
    const { root, layer } = deriveMaskKeys(MASTER);
    expect(hexOf(root)).toEqual(ROOT);
    expect(hexOf(layer)).toEqual(LAYER);
  });

  test('of a layer with a master of its own come from that', () => {
    const { root, layer } = deriveMaskKeys(MASTER, countingKey(0x20));
    expect(hexOf(root)).toEqual(ROOT);
    expect(hexOf(layer).block).toBe('6345c3cd00ce67e9e50cdc1f7f2ee333084137a3f514f29ce1540b11848a923d');
    const third = deriveMaskKeys(MASTER, countingKey(0x40)).layer;
    expect(hexOf(third).block).toBe('94ecc66c0444bd165cbdd04e687d853b18224edc4157ba3e6f4d4de8123fd687');
  });

  test('are all different from another master, and for another purpose', () => {
    const all = [MASTER, MASTER.with(31, 32)].flatMap((master) => {
      const { root, layer } = deriveMaskKeys(master);
      return [...Object.values(hexOf(root)), ...Object.values(hexOf(layer))];
    });
    expect(new Set(all).size).toBe(12);
  });

  test('depend on all of a long master', () => {
    const long = Uint8Array.from({ length: 64 }, (_, i) => i);
    const digits = (master: Uint8Array) => hexOf(deriveMaskKeys(master).root).ip;
    expect(digits(long)).not.toBe(digits(MASTER));
    expect(digits(long)).not.toBe(digits(long.with(63, 0)));
  });

  test('are those that a KMS key imported from HKDF-Extract gives by GenerateMac', () => {
    const imported = createHmac('sha256', Buffer.alloc(32)).update(MASTER).digest();
    const mac = (info: string) => createHmac('sha256', imported).update(info).update(Uint8Array.of(1)).digest('hex');
    const { root, layer } = deriveMaskKeys(MASTER);
    for (const [keys, infos] of [
      [root, ROOT_KEY_INFO],
      [layer, LAYER_KEY_INFO],
    ] as const) {
      expect(hexOf(keys)).toEqual(Object.fromEntries(Object.entries(infos).map(([name, info]) => [name, mac(info)])));
    }
  });

  test('are KeyObjects, which print no bytes', () => {
    const { ip } = deriveMaskKeys(MASTER).root;
    expect(ip.type).toBe('secret');
    expect(JSON.stringify(ip)).toBe('{}');
  });
});
