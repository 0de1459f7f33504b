import { FIELD_NAMES, type FieldName } from './fields/fields.ts';
import type { Rejection } from './rejection.ts';

/** Deeper or larger than any envelope around a login event; beyond it, walking would be the sender's to prolong. */
const MAX_DEPTH = 8;
export const MAX_NODES = 1_000;

const FIELDS: ReadonlySet<string> = new Set(FIELD_NAMES);

export type FlatEvent = Partial<Record<FieldName, unknown>>;

/** All of them, so that every event has the same shape for the engine; JSON gives no `undefined`. */
const NO_FIELDS: FlatEvent = Object.fromEntries(FIELD_NAMES.map((name) => [name, undefined]));

export type Flattened =
  | { ok: true; fields: FlatEvent; isEmpty: boolean; unknownKeys: number }
  | { ok: false; reason: Extract<Rejection, 'too_complex' | `ambiguous ${string}`> };

/**
 * Takes each known key from wherever it stands in nested objects; arrays are not entered. Of the same key at two places
 * with the same value (text, number, true, false or null) there is one.
 *
 * @returns the known fields, and how many other keys were dropped (an object that was walked is not counted)
 */
export function flatten(root: object): Flattened {
  // What nearly all are needs no walk and no copy.
  if (hasOnlyFields(root)) return { ok: true, fields: root, isEmpty: false, unknownKeys: 0 };
  return walk(root);
}

function hasOnlyFields(root: object): boolean {
  const keys = Object.keys(root);
  return keys.length === FIELD_NAMES.length && keys.every(isField);
}

function walk(root: object): Flattened {
  const fields: FlatEvent = { ...NO_FIELDS };
  const open = [{ object: root, depth: 0 }];
  let nodes = 0;
  let isEmpty = true;
  let unknownKeys = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    for (const key of Object.keys(next.object)) {
      const value = (next.object as Readonly<Record<string, unknown>>)[key];
      if (++nodes > MAX_NODES) return { ok: false, reason: 'too_complex' };
      if (isField(key)) {
        if (fields[key] !== undefined && fields[key] !== value) return { ok: false, reason: `ambiguous ${key}` };
        fields[key] = value;
        isEmpty = false;
      } else if (isObject(value)) {
        if (next.depth === MAX_DEPTH) return { ok: false, reason: 'too_complex' };
        open.push({ object: value, depth: next.depth + 1 });
      } else {
        unknownKeys++;
      }
    }
  }
  return { ok: true, fields, isEmpty, unknownKeys };
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isField(key: string): key is FieldName {
  return FIELDS.has(key);
}
