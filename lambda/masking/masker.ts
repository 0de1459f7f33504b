import { createCipheriv, createDecipheriv, hash, type KeyObject } from 'node:crypto';
import { createHmacSha256, type Hmac } from './hmac.ts';
import { type LayerKeys, type MaskKeys, ROOT_KEY_INFO, type RootKeyName } from './mask-keys.ts';
import type { MaskingState } from './masking-state.ts';

declare const masked: unique symbol;
/**
 * A pseudonym: key id, `_` and 32 hex digits; `k1t_` where text in `ip` is not an address. Only this module makes one, so
 * raw text cannot take its place in a row.
 */
export type Masked = string & { readonly [masked]: true };

/** A value in its one spelling, so that equal values get equal pseudonyms, and the key to mask it with. */
export interface Canonical {
  /** `ipText`: text in `ip` that is not an address. */
  key: ValueKeyName;
  text: string;
}

type ValueKeyName = Exclude<RootKeyName, 'check'>;
/** In the order of their declaration, by which the vault numbers them from 1. */
export const VALUE_KEYS = (Object.keys(ROOT_KEY_INFO) as RootKeyName[]).filter((name) => name !== 'check');

/** Of a pseudonym. */
export const PSEUDONYM = /^k[1-9][0-9]{0,3}t?_[0-9a-f]{32}$/;
/** Names the layer key in every pseudonym. The number fits Postgres's smallint. */
export const KEY_ID = /^k[1-9][0-9]{0,3}$/;

const BLOCK_BYTES = 16;
/** Hex digits at the end of a pseudonym. */
export const BLOCK_DIGITS = 2 * BLOCK_BYTES;

/** Tells two keys apart without revealing either: the first 8 hex digits of HMAC(K_check, "kcv"). */
export interface KeyCheck {
  /** `root` or, for an adopted table, `sha256`; or the key id of a layer. */
  name: string;
  value: string;
}

export interface Masker {
  readonly checks: readonly KeyCheck[];
  /** Ids of the layer keys: one, and two while layers are rotated. */
  readonly kids: readonly string[];
  /**
   * A pseudonym per value, in their order; null stays null. One call for a whole batch costs the least.
   *
   * @param state names only kids of this masker; without it everything is under the first one
   */
  mask(
    values: readonly (Canonical | null)[],
    state?: Pick<MaskingState, 'kid' | 'nextKid' | 'frontier'>,
  ): (Masked | null)[];
}

/**
 * Keyed pseudonyms: equal values stay equal, and nobody without the keys can go back. A pseudonym is 16 bytes of the
 * value's HMAC (RFC 2104, section 5, allows half) under one AES block of the layer key, so that a leaked layer can be
 * replaced in place, with neither values nor root. For an adopted table the HMAC is one of the SHA-256 that stands in it.
 *
 * @param kid the id of the layer key
 */
export function createMasker(kid: string, { root, layer, next, isAdopted = false }: MaskKeys): Masker {
  const hmacs = ofValueKeys((key) => {
    const hmac = createHmacSha256(root[key]);
    return isAdopted ? hashFirst(hmac) : hmac;
  });
  const ofLayer = (id: string, keys: LayerKeys) => createLayer(id, keys, isAdopted ? '' : 't');
  const layers = [ofLayer(kid, layer), ...(next ? [ofLayer(next.kid, next.layer)] : [])];
  const layerOf = (name: string): Layer => {
    const found = layers.find((one) => one.kid === name);
    if (!found) throw new RangeError('there is no layer key of this id');
    return found;
  };
  return {
    checks: [
      { name: isAdopted ? 'sha256' : 'root', value: checkValue(root.check) },
      ...layers.map(({ check }) => check),
    ],
    kids: layers.map((one) => one.kid),
    // Stryker disable next-line StringLiteral: without a next key the frontier counts for nothing
    mask(values, state = { kid, nextKid: null, frontier: '' }) {
      const blocks = Buffer.allocUnsafe(values.length * BLOCK_BYTES);
      let end = 0;
      for (const value of values) {
        if (value === null) continue;
        const mac = hmacs[value.key](value.text);
        for (let i = 0; i < BLOCK_BYTES; i++) blocks[end++] = mac.charCodeAt(i);
      }
      const bases = blocks.subarray(0, end);
      const current = layerOf(state.kid);
      const digits = current.encrypt(bases);
      // Stryker disable next-line ConditionalExpression,LogicalOperator,StringLiteral: but for speed, nothing is below ''
      const following = state.nextKid === null || state.frontier === '' ? null : layerOf(state.nextKid);
      // Stryker disable next-line StringLiteral: without a next key nobody reads them
      const nextDigits = following?.encrypt(bases) ?? '';
      let at = 0;
      return values.map((value) => {
        if (value === null) return null;
        const block = digits.slice(at, at + BLOCK_DIGITS);
        const hasMoved = following !== null && block < state.frontier;
        const pseudonym = hasMoved
          ? `${following.prefixes[value.key]}${nextDigits.slice(at, at + BLOCK_DIGITS)}`
          : `${current.prefixes[value.key]}${block}`;
        at += BLOCK_DIGITS;
        return pseudonym as Masked;
      });
    },
  };
}

interface Layer {
  kid: string;
  check: KeyCheck;
  prefixes: Readonly<Record<ValueKeyName, string>>;
  /** @returns 32 hex digits for every 16 bytes */
  encrypt(blocks: Buffer): string;
}

/** @param ofText follows the key id where text in `ip` is not an address */
function createLayer(kid: string, { block, check }: LayerKeys, ofText: string): Layer {
  return {
    kid,
    check: { name: kid, value: checkValue(check) },
    prefixes: ofValueKeys((key) => (key === 'ipText' ? `${kid}${ofText}_` : `${kid}_`)),
    encrypt: (blocks) => encryptBlocks(block, blocks).toString('hex'),
  };
}

function hashFirst(hmac: Hmac): Hmac {
  return (text) => hmac(hash('sha256', text, 'hex'));
}

function ofValueKeys<T>(of: (key: ValueKeyName) => T): Record<ValueKeyName, T> {
  return Object.fromEntries(VALUE_KEYS.map((key) => [key, of(key)])) as Record<ValueKeyName, T>;
}

/**
 * Each block by itself, as one application of a permutation. OpenSSL calls that ECB; what makes ECB weak for texts, equal
 * blocks showing, is what a pseudonym is for.
 */
export function encryptBlocks(key: KeyObject, blocks: Buffer): Buffer {
  // Stryker disable next-line BooleanLiteral: what pads comes with `final`, which is not called
  return whole(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks), blocks);
}

export function decryptBlocks(key: KeyObject, blocks: Buffer): Buffer {
  return whole(createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks), blocks);
}

function whole(result: Buffer, blocks: Buffer): Buffer {
  // Stryker disable next-line ConditionalExpression,StringLiteral,CallExpression: no test can make Node do it
  if (result.length !== blocks.length) throw new Error('AES-256 gave no whole blocks');
  return result;
}

/** See `KeyCheck`. */
export function checkValue(key: KeyObject): string {
  return Buffer.from(createHmacSha256(key)('kcv'), 'latin1').toString('hex', 0, 4);
}
