import { isDeepStrictEqual } from 'node:util';
import { KEY_ID } from '../masking/masker.ts';
import { parseMasterKey } from '../masking/master-key.ts';
import { ENV, type Environment } from './environment.ts';

/** The key itself, or the name of one in KMS. */
export type KeySource = { master: Uint8Array } | { kmsKeyId: string };

export interface KeySettings {
  root: KeySource;
  /** null: the first key id has no layer key of its own, so the root key serves for both. */
  layer: KeySource | null;
  kid: string;
}

/** Only its layer may be missing; what it then writes cannot be given another layer without the root key. */
const FIRST_KEY_ID = 'k1';
const ROOT = { own: ENV.maskKey, kms: ENV.maskKmsKey };
const LAYER = { own: ENV.maskLayerKey, kms: ENV.maskLayerKmsKey };

/**
 * Reads the mask keys and the key id.
 *
 * @param problems gets a sentence for each problem, with no value in it; then there may be no keys
 */
export function readKeys(env: Environment, problems: string[]): KeySettings | null {
  const root = readKey(env, ROOT, problems);
  if (!isSet(env, ROOT)) problems.push(missing(ROOT, 'and there is no default'));
  const layer = readKey(env, LAYER, problems);
  const kid = env[ENV.maskKeyId] || FIRST_KEY_ID;
  if (!KEY_ID.test(kid)) problems.push(`${ENV.maskKeyId} must be k1, k2, k3 and so on, up to k9999.`);
  else if (kid !== FIRST_KEY_ID && !isSet(env, LAYER)) {
    problems.push(missing(LAYER, `and only ${FIRST_KEY_ID} can do without`));
  }
  if (root && isDeepStrictEqual(root, layer)) {
    problems.push(`${ENV.maskLayerKey} and ${ENV.maskKey} are one key, and there must be two.`);
  }
  return root && { root, layer, kid };
}

function isSet(env: Environment, { own, kms }: typeof ROOT | typeof LAYER): boolean {
  return Boolean(env[own] || env[kms]);
}

function missing({ own, kms }: typeof ROOT | typeof LAYER, why: string): string {
  return `${own} is missing, ${why}; make one with: echo hex:$(openssl rand -hex 32), or name a key of KMS in ${kms}.`;
}

/** @returns null where none is set, and where a problem was added */
function readKey(env: Environment, { own, kms }: typeof ROOT | typeof LAYER, problems: string[]): KeySource | null {
  const text = env[own];
  const kmsKeyId = env[kms];
  if (text && kmsKeyId) {
    problems.push(`${own} and ${kms} are two keys, and there must be one.`);
    return null;
  }
  if (kmsKeyId) return { kmsKeyId };
  if (!text) return null;
  const key = parseMasterKey(text);
  if (key.ok) return { master: key.bytes };
  problems.push(`${own} ${key.problem}.`);
  return null;
}
