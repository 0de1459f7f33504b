import { errorName, JobError, NoRightError } from '../errors.ts';
import { unwrap } from '../masking/vault/open.ts';
import { AWS_CLIENT } from '../settings/aws-client.ts';
import { ENV } from '../settings/environment.ts';
import type { VaultOpener } from '../settings/vault-private-settings.ts';
import { classifyKmsError } from './classify-error.ts';

/** A batch's data key as the vault keeps it. */
export interface WrappedKey {
  keyName: string;
  wrapped: Buffer;
}

/**
 * Unwraps data keys with the private key; one that is in KMS is asked once for each.
 *
 * @returns in their order. Throws NoRightError where KMS refuses, JobError where it is another key
 */
export async function unwrapDataKeys(opener: VaultOpener, keys: readonly WrappedKey[]): Promise<Buffer[]> {
  return 'kmsKeyId' in opener ? decryptInKms(opener.kmsKeyId, keys) : keys.map((key) => unwrapHere(opener, key));
}

function unwrapHere(
  { name, privateKey }: Exclude<VaultOpener, { kmsKeyId: string }>,
  { keyName, wrapped }: WrappedKey,
): Buffer {
  if (keyName !== name) {
    throw new JobError(`The values are sealed for the key ${keyName}, and ${ENV.vaultPrivateKey} is ${name}.`);
  }
  try {
    return unwrap(wrapped, privateKey);
  } catch {
    throw new JobError('A data key of the vault has been changed, and does not open.');
  }
}

async function decryptInKms(KeyId: string, keys: readonly WrappedKey[]): Promise<Buffer[]> {
  const { DecryptCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient(AWS_CLIENT);
  const opened: Buffer[] = [];
  try {
    for (const { wrapped: CiphertextBlob } of keys) {
      const command = new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
      const { Plaintext } = await client.send(command);
      opened.push(Buffer.from(Plaintext as Uint8Array));
    }
    return opened;
  } catch (error) {
    throw explain(error);
  } finally {
    client.destroy();
  }
}

function explain(error: unknown): Error {
  const name = errorName(error);
  if (name === 'AccessDeniedException') {
    return new NoRightError(
      `KMS refuses to decrypt: the policy of the key in ${ENV.vaultKmsKey} names the role that may.`,
    );
  }
  if (name === 'InvalidCiphertextException') {
    return new JobError(`The values are sealed for another key than the one in ${ENV.vaultKmsKey}, or were changed.`);
  }
  return new JobError(`The key in ${ENV.vaultKmsKey} cannot be used (${classifyKmsError(error, ENV.vaultKmsKey)}).`);
}
