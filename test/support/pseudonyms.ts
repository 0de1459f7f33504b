import { canonicalDeviceId, canonicalIp } from '../../lambda/masking/canonical.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masked, type Masker } from '../../lambda/masking/masker.ts';

/** 32 bytes that count up, as the published vectors have them; as a setting they are refused. */
export const countingKey = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => first + i);

/** Of the published vectors; k1 there has no layer key of its own. */
export const VECTOR_MASKER = createMasker('k1', deriveMaskKeys(countingKey(0)));

/** The pseudonym of a raw value. */
export function maskIp(raw: string | null, masker: Masker = VECTOR_MASKER): Masked | null {
  return masker.mask([canonicalIp(raw)])[0] ?? null;
}

export function maskDeviceId(raw: string | null, masker: Masker = VECTOR_MASKER): Masked | null {
  return masker.mask([canonicalDeviceId(raw)])[0] ?? null;
}
