import { createSecretKey, type KeyObject } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { JobError } from '../errors.ts';
import {
  ADOPTED_KEY_INFO,
  type DerivedKeys,
  deriveKeys,
  LAYER_KEY_INFO,
  type MaskKeys,
  ROOT_KEY_INFO,
} from '../masking/mask-keys.ts';
import { AWS_CLIENT } from '../settings/aws-client.ts';
import { ENV } from '../settings/environment.ts';
import type { KeySettings, KeySource } from '../settings/key-settings.ts';
import { classifyKmsError } from './classify-error.ts';

const KEY_BYTES = 32;
/** HKDF-Expand ends its message with the number of the block, and one block of SHA-256 is a whole key (RFC 5869, 2.3). */
const FIRST_BLOCK = Buffer.of(1);

export type KeysOrOutage = { keys: MaskKeys } | { outage: `kms ${string}` };

/**
 * The keys of the pseudonyms, from masters given in the settings or from HMAC_256 keys that never leave KMS. Those of a
 * KMS key are those of a master whose HKDF-Extract was imported as that key, so that data can move between the two.
 *
 * @returns asks KMS once; after a failure the next call asks again. Throws ConfigError where a setting names no such key
 */
export function createKeyRing(settings: KeySettings): () => Promise<KeysOrOutage> {
  let opened: Promise<KeysOrOutage> | undefined;
  return async () => {
    opened ??= openKeys(settings);
    try {
      const answer = await opened;
      if ('outage' in answer) opened = undefined;
      return answer;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };
}

/** The same for a job, which nobody tries again: throws a JobError where KMS does not answer. */
export async function requireKeys(settings: KeySettings): Promise<MaskKeys> {
  const answer = await openKeys(settings);
  if ('outage' in answer) throw new JobError(`KMS did not answer for the keys (${answer.outage.replace('kms ', '')}).`);
  return answer.keys;
}

export type Opened<Name extends string> = { keys: DerivedKeys<Name> } | { outage: `kms ${string}` };

async function openKeys({ root, layer, next, isAdopted }: KeySettings): Promise<KeysOrOutage> {
  const layerSetting = layer ? ENV.maskLayerKmsKey : ENV.maskKmsKey;
  const opening = [
    openKey(root, isAdopted ? ADOPTED_KEY_INFO : ROOT_KEY_INFO, ENV.maskKmsKey),
    openKey(layer ?? root, LAYER_KEY_INFO, layerSetting),
    next && openKey(next.source, LAYER_KEY_INFO, ENV.maskNextLayerKmsKey),
  ] as const;
  // If one fails at once, the others must not go on after the invocation has ended.
  await Promise.allSettled(opening);
  const [ofRoot, ofLayer, ofNext] = await Promise.all(opening);
  if ('outage' in ofRoot) return ofRoot;
  if ('outage' in ofLayer) return ofLayer;
  if (ofNext && 'outage' in ofNext) return ofNext;
  const keys = { root: ofRoot.keys, layer: ofLayer.keys, isAdopted };
  return { keys: next && ofNext ? { ...keys, next: { kid: next.kid, layer: ofNext.keys } } : keys };
}

/** @param setting that names the key of KMS */
export async function openKey<Name extends string>(
  source: KeySource,
  infos: Readonly<Record<Name, string>>,
  setting: string,
): Promise<Opened<Name>> {
  if ('master' in source) return { keys: deriveKeys(source.master, infos) };
  try {
    return { keys: await generateKeys(source.kmsKeyId, infos) };
  } catch (error) {
    return { outage: classifyKmsError(error, setting) };
  }
}

async function generateKeys<Name extends string>(
  keyId: string,
  infos: Readonly<Record<Name, string>>,
): Promise<DerivedKeys<Name>> {
  const { KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient(AWS_CLIENT);
  const names = Object.keys(infos) as Name[];
  const keys = names.map(async (name) => [name, await generateKey(client, keyId, infos[name])] as const);
  try {
    await Promise.allSettled(keys);
    return Object.fromEntries(await Promise.all(keys)) as Record<Name, KeyObject>;
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
