import { createHmac, type KeyObject } from 'node:crypto';
import { canonicalDeviceId, canonicalIp } from './canonical.ts';
import type { FieldKeys } from './field-keys.ts';

declare const masked: unique symbol;
/** A pseudonym, `k1_` and 64 hex digits. Only this module makes one, so no raw text can take its place in a row. */
export type Masked = string & { readonly [masked]: true };

/** Names the key in every pseudonym, so that those of two keys are never compared unawares. */
export const KEY_ID = /^k[1-9][0-9]{0,5}$/;

export interface Masker {
  readonly kid: string;
  /** First 8 hex digits of HMAC(K_check, "kcv"): equal for equal keys, and no help in finding one. */
  readonly checkValue: string;
  /** `isAddress` is false for text that is no ip address: masked all the same, under a key of its own. */
  maskIp(ip: string | null): { masked: Masked | null; isAddress: boolean };
  maskDeviceId(deviceId: string | null): Masked | null;
}

/** Keyed pseudonyms: equal values stay equal, and nobody without the key can go back. Empty and null give null. */
export function createMasker(kid: string, keys: FieldKeys): Masker {
  const pseudonym = (key: KeyObject, value: string) => `${kid}_${hmac(key, value)}` as Masked;
  return {
    kid,
    checkValue: hmac(keys.check, 'kcv').slice(0, 8),
    maskIp(ip) {
      const canonical = ip === null ? null : canonicalIp(ip);
      if (!canonical) return { masked: null, isAddress: true };
      const isAddress = canonical.kind === 'address';
      return { masked: pseudonym(isAddress ? keys.ip : keys.ipRaw, canonical.value), isAddress };
    },
    maskDeviceId(deviceId) {
      const canonical = deviceId === null ? null : canonicalDeviceId(deviceId);
      return canonical === null ? null : pseudonym(keys.deviceId, canonical);
    },
  };
}

function hmac(key: KeyObject, value: string): string {
  const digest = createHmac('sha256', key).update(value, 'utf8').digest('hex');
  // Node has returned an empty digest without an error (nodejs/node #62838); stored, it would join all values in one.
  if (digest.length !== 64) throw new Error('HMAC-SHA-256 gave no digest');
  return digest;
}
