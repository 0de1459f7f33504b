import type { Canonical } from '../../masking/masker.ts';
import { isDevicePlaceholder } from './placeholders.ts';
import { BAD_TEXT, MISSING, type Reader, WRONG_TYPE } from './reader.ts';
import { isStorable, trimAscii } from './text.ts';

/** More marks on one letter than any text has: what Unicode calls not stream-safe (UAX #15, section 13). */
const MARKS_WITHOUT_END = /\p{M}{31}/u;

/** NFC, and nothing else: letter case and white space are part of the id. A number that is not safe has lost digits. */
export const readDeviceId: Reader<Canonical | null> = (value, changes) => {
  if (value === undefined) return MISSING;
  if (value === null || value === '') return null;
  const text = Number.isSafeInteger(value) ? `${value}` : value;
  if (typeof text !== 'string') return WRONG_TYPE;
  if (!isStorable(text)) return BAD_TEXT;
  if (text !== value) changes.push('number_device_id');
  if (isDevicePlaceholder(trimAscii(text))) {
    changes.push('placeholder_device');
    return null;
  }
  return { key: 'deviceId', text: toNfc(text) };
};

/**
 * Marks without end stay as they are, since putting them in order takes time by the square of their number, minutes for a
 * message of 1 MiB.
 */
function toNfc(text: string): string {
  return MARKS_WITHOUT_END.test(text) ? text : text.normalize('NFC');
}
