import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { keyName } from './vault-key.ts';

const BITS = 3072;

export interface VaultKeyPair {
  name: string;
  publicPem: string;
  /** Opens everything that the public one has sealed. */
  privatePem: string;
}

export async function newVaultKey(): Promise<VaultKeyPair> {
  const { publicKey: publicPem, privateKey: privatePem } = await promisify(generateKeyPair)('rsa', {
    modulusLength: BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { name: keyName(createPublicKey(publicPem)), publicPem, privatePem };
}
