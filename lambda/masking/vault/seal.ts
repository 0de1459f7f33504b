import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { OAEP_HASH, type VaultKey } from './vault-key.ts';

export const BLOCK_BYTES = 16;
export const CIPHER = 'aes-256-ctr';
const DATA_KEY_BYTES = 32;
/** Ends a value; zeros follow, up to a whole block. */
export const END_OF_VALUE = 0x80;

export interface Sealed {
  /** The data key, which only the vault's private key unwraps. */
  wrapped: Buffer;
  keyName: string;
  values: readonly SealedValue[];
}

export interface SealedValue {
  /** Its first block in the key stream. */
  seq: number;
  bytes: Buffer;
}

/**
 * Seals values under a data key of their own, which is made here and forgotten. No caller may pass one: to seal twice under
 * one key would use its key stream twice, and whoever had both could read them.
 *
 * There is no authentication tag. Whoever may write rows has the public key and could forge a tag as well; what a value has
 * to match is its pseudonym, which is a MAC.
 *
 * @param texts in their one spelling
 * @returns a sealed value per text, in their order
 */
export function seal(texts: readonly string[], { name, publicKey }: VaultKey): Sealed {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const wrapped = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH },
    dataKey,
  );
  return { wrapped, keyName: name, values: encrypt(texts, dataKey) };
}

/** For `seal`, and for the published vectors: one stream over all texts, each from a block of its own on. */
export function encrypt(texts: readonly string[], dataKey: Buffer): SealedValue[] {
  const lengths = texts.map(paddedLength);
  const plain = Buffer.alloc(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    // Stryker disable next-line StringLiteral: Node's default is the same
    const end = at + plain.write(text, at, 'utf8');
    plain[end] = END_OF_VALUE;
    at += lengths[i] as number;
  }
  const sealed = createCipheriv(CIPHER, dataKey, Buffer.alloc(BLOCK_BYTES)).update(plain);
  // Stryker disable next-line CallExpression: no test sees memory that is given back
  plain.fill(0);
  at = 0;
  return lengths.map((length) => {
    const value = { seq: at / BLOCK_BYTES, bytes: sealed.subarray(at, at + length) };
    at += length;
    return value;
  });
}

function paddedLength(text: string): number {
  // Stryker disable next-line StringLiteral: Node's default is the same
  return (Math.floor(Buffer.byteLength(text, 'utf8') / BLOCK_BYTES) + 1) * BLOCK_BYTES;
}
