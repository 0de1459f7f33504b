import { MISSING, type Reader, WRONG_TYPE } from './reader.ts';
import { trimAscii } from './text.ts';

/** Whole numbers with dots between; then the end or a suffix, which says nothing about the order. ASCII only. */
const VERSION = /^[vV]?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)*(?:$|[-+(_~A-Za-z\t\n\v\f\r ]|\.[A-Za-z])/;

/** 2146 is the largest major version whose every minor and patch fits Postgres's integer (2,147,483,647). */
const MAX_MAJOR = 2146;
const MAX_MINOR = 999;

export const readAppVersion: Reader<number | null> = (value, changes) => {
  if (value === undefined) return MISSING;
  if (value === null || value === '') {
    changes.push('no_version');
    return null;
  }
  if (typeof value !== 'string') return WRONG_TYPE;
  const version = parseAppVersion(value);
  if (version === null) changes.push('version_unreadable');
  return version;
};

/**
 * Turns "2.3.0" into 2003000, so that integers sort as versions do and different versions stay different (which taking
 * the dots out does not: 0.26, 0.2.6 and 2.6 would be one). Only the first three numbers count, so versions that differ in
 * a fourth are equal, and a release and its candidates. The SQL function `app_version_text` is the way back.
 *
 * @returns `major * 1_000_000 + minor * 1_000 + patch`, or null if the text is not such a version
 */
export function parseAppVersion(text: string): number | null {
  return parsePlainVersion(text) ?? parseAnyVersion(text);
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Numbers with dots between and nothing else, which nearly all are. null: something else is there, or does not fit. */
export function parsePlainVersion(text: string): number | null {
  let version = 0;
  let part = 0;
  let hasDigits = false;
  let parts = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) {
      part = part * 10 + (code - ZERO);
      hasDigits = true;
    } else {
      if (code !== DOT || !hasDigits || parts === 3 || !fits(part, parts)) return null;
      version = version * 1_000 + part;
      part = 0;
      hasDigits = false;
      parts++;
    }
  }
  if (!hasDigits || !fits(part, parts)) return null;
  return (version * 1_000 + part) * 1_000 ** (3 - parts);
}

/** @param place 1 for the major version */
function fits(part: number, place: number): boolean {
  return part <= (place === 1 ? MAX_MAJOR : MAX_MINOR);
}

function parseAnyVersion(text: string): number | null {
  const parts = VERSION.exec(trimAscii(text));
  if (!parts) return null;
  const [major, minor, patch] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3] ?? 0)] as const;
  if (major > MAX_MAJOR || minor > MAX_MINOR || patch > MAX_MINOR) return null;
  return major * 1_000_000 + minor * 1_000 + patch;
}
