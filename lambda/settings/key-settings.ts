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
  /** While layers are rotated: the one that follows. */
  next: LayerSource | null;
  /** The table is one of SHA-256 hashes that was adopted. */
  isAdopted: boolean;
}

export interface LayerSource {
  kid: string;
  source: KeySource;
}

/** Only its layer may be missing; what it then writes cannot be given another layer without the root key. */
export const FIRST_KEY_ID = 'k1';
const ROOT = { own: ENV.maskKey, kms: ENV.maskKmsKey };
const LAYER = { own: ENV.maskLayerKey, kms: ENV.maskLayerKmsKey };
const NEXT_LAYER = { own: ENV.maskNextLayerKey, kms: ENV.maskNextLayerKmsKey };

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
  const next = readNextLayer(env, { kid, others: [root, layer] }, problems);
  const adopted = env[ENV.maskAdopted] || null;
  if (adopted !== null && adopted !== 'sha256') {
    problems.push(`${ENV.maskAdopted} must be sha256, or not be set.`);
  }
  return root && { root, layer, kid, next, isAdopted: adopted === 'sha256' };
}

/**
 * Reads the layer key of a rotation that is under way, or about to be.
 *
 * @param current the key id in use, and keys that it must differ from
 */
export function readNextLayer(
  env: Environment,
  current: { kid: string; others: readonly (KeySource | null)[] },
  problems: string[],
): LayerSource | null {
  const kid = env[ENV.maskNextKeyId];
  if (!kid) {
    if (isSet(env, NEXT_LAYER)) problems.push(`${ENV.maskNextKeyId} is missing: it names the key to rotate to.`);
    return null;
  }
  if (!KEY_ID.test(kid)) problems.push(`${ENV.maskNextKeyId} must be k1, k2, k3 and so on, up to k9999.`);
  if (kid === current.kid)
    problems.push(`${ENV.maskNextKeyId} and ${ENV.maskKeyId} are one id, and there must be two.`);
  const source = readKey(env, NEXT_LAYER, problems);
  if (!isSet(env, NEXT_LAYER)) problems.push(missing(NEXT_LAYER, `and ${ENV.maskNextKeyId} names its id`));
  if (source && current.others.some((other) => isDeepStrictEqual(source, other))) {
    problems.push(`${ENV.maskNextLayerKey} is a key that is in use already, and must be a new one.`);
  }
  return source && { kid, source };
}

/**
 * Reads the two layer keys of a rotation, and no root key.
 *
 * @param problems gets a sentence for each problem, with no value in it
 */
export function readRotation(env: Environment, problems: string[]): { from: LayerSource; to: LayerSource } | null {
  const kid = env[ENV.maskKeyId] || FIRST_KEY_ID;
  const isOwn = isSet(env, LAYER) || kid !== FIRST_KEY_ID;
  const source = readKey(env, isOwn ? LAYER : ROOT, problems);
  if (!isSet(env, isOwn ? LAYER : ROOT))
    problems.push(`${LAYER.own} is missing: the layer key of ${kid}, or ${LAYER.kms}.`);
  const to = readNextLayer(env, { kid, others: [source] }, problems);
  return source && to && { from: { kid, source }, to };
}

/** The variables of one key: itself, or its name in KMS. */
type Variables = typeof ROOT | typeof LAYER | typeof NEXT_LAYER;

function isSet(env: Environment, { own, kms }: Variables): boolean {
  return Boolean(env[own] || env[kms]);
}

function missing({ own, kms }: Variables, why: string): string {
  return `${own} is missing, ${why}; make one with: echo hex:$(openssl rand -hex 32), or name a key of KMS in ${kms}.`;
}

/** @returns null where none is set, and where a problem was added */
function readKey(env: Environment, { own, kms }: Variables, problems: string[]): KeySource | null {
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
