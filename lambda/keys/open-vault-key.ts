import { createPublicKey } from 'node:crypto';
import { ConfigError, errorName } from '../errors.ts';
import { toVaultKey, type VaultKey } from '../masking/vault/vault-key.ts';
import { AWS_CLIENT } from '../settings/aws-client.ts';
import { ENV } from '../settings/environment.ts';
import { NOT_A_VAULT_KEY, type VaultSource } from '../settings/vault-settings.ts';
import { classifyKmsError } from './classify-error.ts';

export type VaultKeyOrOutage = { vaultKey: VaultKey | null } | { outage: `kms ${string}` };

/**
 * The public half of the vault's key, from the settings or from KMS.
 *
 * @param source null if the vault is off
 * @returns asks KMS once; after a failure the next call asks again. Throws ConfigError where the setting names no such key
 */
export function createVaultKey(source: VaultSource | null): () => Promise<VaultKeyOrOutage> {
  let vaultKey = source && 'publicKey' in source ? source : null;
  return async () => {
    if (source === null || vaultKey) return { vaultKey };
    const answer = await fetchPublicKey((source as { kmsKeyId: string }).kmsKeyId);
    if ('vaultKey' in answer) vaultKey = answer.vaultKey;
    return answer;
  };
}

/** What KMS says of a key for MACs, or a symmetric one. */
const HAS_NO_PUBLIC_HALF = ['UnsupportedOperationException', 'InvalidKeyUsageException'];

function notAVaultKey(): ConfigError {
  return new ConfigError([`${ENV.vaultKmsKey} ${NOT_A_VAULT_KEY}, for encryption.`]);
}

async function fetchPublicKey(kmsKeyId: string): Promise<VaultKeyOrOutage> {
  const { GetPublicKeyCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient(AWS_CLIENT);
  try {
    const { PublicKey, KeyUsage } = await client.send(new GetPublicKeyCommand({ KeyId: kmsKeyId }));
    const isForSealing = PublicKey && KeyUsage === 'ENCRYPT_DECRYPT';
    const vaultKey = isForSealing
      ? toVaultKey(createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }))
      : null;
    if (!vaultKey) throw notAVaultKey();
    return { vaultKey };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (HAS_NO_PUBLIC_HALF.includes(errorName(error))) throw notAVaultKey();
    return { outage: classifyKmsError(error, ENV.vaultKmsKey) };
  } finally {
    client.destroy();
  }
}
