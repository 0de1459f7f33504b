import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { type Canonical, createMasker, type Masked, type Masker } from '../../lambda/masking/masker.ts';
import type { Change } from '../../lambda/message/changes.ts';
import { readDeviceId } from '../../lambda/message/fields/device-id.ts';
import { readIp } from '../../lambda/message/fields/ip.ts';
import { type Reader, Refusal } from '../../lambda/message/fields/reader.ts';

/** 32 bytes that count up, as the published vectors have them; as a setting they are refused. */
export const countingKey = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => first + i);

/** The keys of the published vectors, where k1 has no layer key of its own. */
export const VECTOR_MASKER = createMasker('k1', deriveMaskKeys(countingKey(0)));

/** What a reader makes of a value, and what it says that it changed. */
export function readValue<Value>(read: Reader<Value>, value: unknown, limit = 0): { value: Value; changes: Change[] } {
  const changes: Change[] = [];
  const result = read(value, changes, limit);
  if (result instanceof Refusal) throw new Error(`refused as ${result.problem}`);
  return { value: result, changes };
}

export const canonicalIp = (raw: string | null): Canonical | null => readValue(readIp, raw).value;
export const canonicalDeviceId = (raw: string | null): Canonical | null => readValue(readDeviceId, raw).value;

/** The pseudonym of a raw value. */
export function maskIp(raw: string | null, masker: Masker = VECTOR_MASKER): Masked | null {
  return masker.mask([canonicalIp(raw)])[0] ?? null;
}

export function maskDeviceId(raw: string | null, masker: Masker = VECTOR_MASKER): Masked | null {
  return masker.mask([canonicalDeviceId(raw)])[0] ?? null;
}
