import { createSecretKey, type KeyObject } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { FIELD_KEY_INFO, type FieldKeyName, type FieldKeys } from '../masking/field-keys.ts';
import { AWS_CLIENT } from '../settings/aws-client.ts';
import { classifyKmsError } from './classify-error.ts';

const KEY_BYTES = 32;
/** HKDF-Expand ends its message with the number of the block, and one block of SHA-256 is a whole key (RFC 5869, 2.3). */
const FIRST_BLOCK = Buffer.of(1);

export type KeysOrOutage = { keys: FieldKeys } | { outage: `kms ${string}` };

/**
 * Field keys from an HMAC_256 key that never leaves KMS. They are those of a master whose HKDF-Extract was imported as
 * that key, so that data can move between the two.
 *
 * @param keyId key id, ARN or `alias/...`
 * @returns asks KMS once; after a failure the next call asks again. Throws ConfigError where this is no such key
 */
export function createKmsKeys(keyId: string): () => Promise<KeysOrOutage> {
  let asked: Promise<FieldKeys> | undefined;
  return async () => {
    asked ??= generateFieldKeys(keyId);
    try {
      return { keys: await asked };
    } catch (error) {
      asked = undefined;
      return { outage: classifyKmsError(error) };
    }
  };
}

async function generateFieldKeys(keyId: string): Promise<FieldKeys> {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient(AWS_CLIENT);
  const names = Object.keys(FIELD_KEY_INFO) as FieldKeyName[];
  const keys = names.map(async (name) => [name, await generateKey(client, keyId, FIELD_KEY_INFO[name])] as const);
  try {
    // Where one fails at once, none may go on behind an invocation that has ended.
    await Promise.allSettled(keys);
    return Object.fromEntries(await Promise.all(keys)) as FieldKeys;
  } finally {
    client.destroy();
  }
}

async function generateKey(client: KMSClient, keyId: string, info: string): Promise<KeyObject> {
  const { GenerateMacCommand } = await import('@aws-sdk/client-kms');
  const Message = Buffer.concat([Buffer.from(info), FIRST_BLOCK]);
  const { Mac } = await client.send(new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message }));
  if (Mac?.length !== KEY_BYTES) throw Object.assign(new Error(), { name: 'WrongMacLength' });
  return createSecretKey(Mac);
}
