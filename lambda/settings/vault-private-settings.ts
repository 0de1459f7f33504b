import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyName } from '../masking/vault/vault-key.ts';
import { ENV, type Environment } from './environment.ts';

/** What opens the vault: the private half of its key, or the name of a key in KMS. */
export type VaultOpener = { name: string; privateKey: KeyObject } | { kmsKeyId: string };

/**
 * Reads VAULT_PRIVATE_KEY, the path of a file, and VAULT_KMS_KEY.
 *
 * @param problems gets a sentence for each problem, with no value in it
 */
export function readVaultOpener(env: Environment, problems: string[]): VaultOpener | null {
  const file = env[ENV.vaultPrivateKey];
  const kmsKeyId = env[ENV.vaultKmsKey];
  if (file && kmsKeyId) {
    problems.push(`${ENV.vaultPrivateKey} and ${ENV.vaultKmsKey} are two keys, and there must be one.`);
    return null;
  }
  if (kmsKeyId) return { kmsKeyId };
  if (!file) {
    problems.push(
      `${ENV.vaultPrivateKey} is missing: the file with the private key, or name a key in ${ENV.vaultKmsKey}.`,
    );
    return null;
  }
  try {
    const privateKey = createPrivateKey(readFileSync(file));
    return { name: keyName(createPublicKey(privateKey)), privateKey };
  } catch {
    problems.push(`${ENV.vaultPrivateKey} is not the path of a file that can be read and holds a private key in PEM.`);
    return null;
  }
}
