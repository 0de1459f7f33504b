import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toVaultKey, type VaultKey } from '../masking/vault/vault-key.ts';
import { ENV, type Environment } from './environment.ts';

/** What the vault's key is: its public half, or the name of one in KMS. */
export type VaultSource = VaultKey | { kmsKeyId: string };

/** What is wrong with a key that cannot be the vault's. */
export const NOT_A_VAULT_KEY = 'must be an RSA key of 3072 bits or more';

/**
 * Reads the public half of the recovery vault's key.
 *
 * @param problems gets a sentence for each problem, with no value in it
 * @returns null if the vault is off, or if a problem was added
 */
export function readVault(env: Environment, problems: string[]): VaultSource | null {
  const text = env[ENV.vaultPublicKey];
  const kmsKeyId = env[ENV.vaultKmsKey];
  if (text && kmsKeyId) {
    problems.push(`${ENV.vaultPublicKey} and ${ENV.vaultKmsKey} are two keys, and there must be one.`);
    return null;
  }
  if (kmsKeyId) return { kmsKeyId };
  if (!text) return null;
  const refuse = (problem: string) => {
    problems.push(`${ENV.vaultPublicKey} ${problem}.`);
    return null;
  };
  const pem = pemOf(text);
  if (pem === null) return refuse('is neither PEM nor a file that can be read');
  // A private key would do for sealing, and is the one thing that must not be where rows are written.
  if (/PRIVATE KEY/.test(pem)) return refuse('is a private key, and the function must have the public one alone');
  const publicKey = parse(pem);
  if (publicKey === null) return refuse('is not a public key in PEM');
  return toVaultKey(publicKey) ?? refuse(NOT_A_VAULT_KEY);
}

function pemOf(text: string): string | null {
  if (text.includes('-----BEGIN')) return text;
  try {
    // Stryker disable next-line StringLiteral: the bytes would do as well
    return readFileSync(text, 'utf8');
  } catch {
    return null;
  }
}

function parse(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}
