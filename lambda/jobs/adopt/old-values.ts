import { hash } from 'node:crypto';
import { DEVICE_PLACEHOLDERS, IP_PLACEHOLDERS, UNSPECIFIED_ADDRESSES } from '../../message/fields/placeholders.ts';

/** What the usual scripts write or hash where they have no value. */
const NO_VALUE = ['', 'None', 'null', 'NULL', 'undefined', 'nan', 'NaN'];
/** Further spellings of the unspecified address, and AWS's own word where its logs have no address. */
const IP_SPELLINGS = [...UNSPECIFIED_ADDRESSES, '::0', '0:0:0:0:0:0:0:0', 'AWS Internal'];
/** Zeros as long as ids are, and in the shapes of a UUID, a MAC address and an id of nine digits. */
const ZEROS = [
  ...Array.from({ length: 40 }, (_, i) => '0'.repeat(i + 1)),
  '00000000-0000-0000-0000-000000000000',
  '00:00:00:00:00:00',
  '000-00-0000',
];

/** A column of pseudonyms, and what in it stood for no value, as text. */
export interface OldColumn {
  name: 'masked_ip' | 'masked_device_id';
  key: 'ip' | 'deviceId';
  noValue: ReadonlySet<string>;
  /** The same, hashed. */
  noValueHashes: ReadonlySet<string>;
}

export const OLD_COLUMNS: readonly OldColumn[] = [
  oldColumn('masked_ip', 'ip', [...IP_PLACEHOLDERS, ...IP_SPELLINGS]),
  oldColumn('masked_device_id', 'deviceId', [...DEVICE_PLACEHOLDERS, ...ZEROS]),
];

function oldColumn(name: OldColumn['name'], key: OldColumn['key'], placeholders: readonly string[]): OldColumn {
  const noValue = new Set([...NO_VALUE, ...placeholders.flatMap(inEveryCase)]);
  return { name, key, noValue, noValueHashes: new Set([...noValue].map((text) => hash('sha256', text, 'hex'))) };
}

/** Lower, upper and title case: placeholders are compared without regard to case, and hashes cannot be. */
function inEveryCase(text: string): string[] {
  const title = text.toLowerCase().replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
  return [text, text.toLowerCase(), text.toUpperCase(), title];
}

/** A hash in hex, of either case. */
const HASH = /^[0-9a-f]{64}$/i;

/** @returns null: no value; undefined: neither a hash nor such a text, so that it stays as it is */
export function oldHash(value: string, { noValue, noValueHashes }: OldColumn): string | null | undefined {
  if (noValue.has(value)) return null;
  if (!HASH.test(value)) return undefined;
  const digits = value.toLowerCase();
  return noValueHashes.has(digits) ? null : digits;
}

// Stryker disable BlockStatement,StringLiteral: only a database can tell
/** The same values, as SQL. @param texts a parameter: an array of `noValue` */
export function isOldValue(column: string, texts: string): string {
  return `((length(${column}) = 64 and ${column} ~ '^[0-9a-fA-F]+$') or ${column} = any (${texts}))`;
}
