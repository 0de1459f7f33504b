import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';
import { BLOCK_BYTES, CIPHER, END_OF_VALUE } from './seal.ts';
import { OAEP_HASH } from './vault-key.ts';

/** @throws where the data key was wrapped for another key, or changed */
export function unwrap(wrapped: Buffer, privateKey: KeyObject): Buffer {
  return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: OAEP_HASH }, wrapped);
}

/**
 * Opens one value of a batch. That it was neither moved nor changed only its pseudonym can say.
 *
 * @param seq its first block in the key stream
 * @returns null where what comes out is not a value that was sealed
 */
export function openValue(dataKey: Buffer, seq: number, sealed: Buffer): string | null {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeUInt32BE(seq, BLOCK_BYTES - 4);
  const plain = createDecipheriv(CIPHER, dataKey, counter).update(sealed);
  const end = plain.lastIndexOf(END_OF_VALUE);
  const isPadding =
    end >= 0 && plain.length - end <= BLOCK_BYTES && plain.subarray(end + 1).every((byte) => byte === 0);
  if (!isPadding) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain.subarray(0, end));
  } catch {
    return null;
  }
}
