import { hash, type KeyObject } from 'node:crypto';

/** RSA-OAEP with SHA-256, also in MGF1; KMS calls it RSAES_OAEP_SHA_256. */
export const OAEP_HASH = 'sha256';
/** RSA below this is not promised to hold beyond 2030 (NIST SP 800-57, part 1). */
const MIN_BITS = 3072;

/** The public half of the vault's key: seals, and opens nothing. */
export interface VaultKey {
  /** In `vault_batches.key_name`: tells keys apart, and reveals none. */
  name: string;
  publicKey: KeyObject;
}

/** @returns null where it is not an RSA key of 3072 bits or more */
export function toVaultKey(publicKey: KeyObject): VaultKey | null {
  // Stryker disable next-line OptionalChaining: for the types alone
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== 'rsa' || bits < MIN_BITS) return null;
  return { name: keyName(publicKey), publicKey };
}

/** The first 8 hex digits of SHA-256 over the public key in DER (SPKI). */
export function keyName(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 8);
}
