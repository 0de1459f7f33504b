import { isIP } from 'node:net';

/** A value in its one spelling, so that equal values get equal pseudonyms, and the key to mask it with. */
export interface Canonical {
  /** `ipText`: text in `ip` that is not an address. */
  key: 'ip' | 'ipText' | 'deviceId';
  text: string;
}

const ASCII_WHITESPACE = '\t\n\v\f\r ';
/** More marks on one letter than any text has: what Unicode calls not stream-safe (UAX #15, section 13). */
const MARKS_WITHOUT_END = /\p{M}{31}/u;

/**
 * IPv4 stays as it is, IPv6 becomes RFC 5952 text without zone, an IPv4-mapped address becomes the IPv4 one.
 * Octal, short and hexadecimal IPv4 spellings are texts, not addresses: reading 010.0.0.1 as 8.0.0.1, as some
 * libraries do, would make different inputs equal.
 *
 * @returns null where nothing is left after trimming
 */
export function canonicalIp(raw: string | null): Canonical | null {
  const text = raw === null ? '' : trimAscii(raw);
  if (text === '') return null;
  const version = isIP(text);
  if (version === 0) return { key: 'ipText', text };
  return { key: 'ip', text: version === 4 ? text : canonicalIpv6(text) };
}

/**
 * NFC, and nothing else: case and white space are part of the id. Marks without end stay as they are, since putting
 * them in order takes time by the square of their number, minutes for a message of 1 MiB.
 */
export function canonicalDeviceId(raw: string | null): Canonical | null {
  if (raw === null || raw === '') return null;
  return { key: 'deviceId', text: MARKS_WITHOUT_END.test(raw) ? raw : raw.normalize('NFC') };
}

/** No regular expression: one that looks for white space at the end takes a quarter of an hour for 1 MiB of it inside. */
function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ASCII_WHITESPACE.includes(text.charAt(start))) start++;
  while (end > start && ASCII_WHITESPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function canonicalIpv6(address: string): string {
  const groups = ipv6Groups(address.replace(/%.*$/s, ''));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const hex = groups.map((group) => group.toString(16));
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

/** The eight 16-bit groups of a valid address; `::` and a dotted IPv4 tail are written out. */
function ipv6Groups(address: string): number[] {
  const [head = [], tail] = address.split('::').map((half) => (half === '' ? [] : half.split(':').flatMap(parseGroup)));
  if (!tail) return head;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function parseGroup(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** The first of the longest runs, as RFC 5952 section 4.2.3 asks. */
function longestZeroRun(groups: number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}
