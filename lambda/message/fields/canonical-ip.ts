import { isIP } from 'node:net';

/**
 * One spelling per address: IPv4 stays as it is, IPv6 becomes RFC 5952 text without zone, an IPv4-mapped address becomes
 * the IPv4 one. Octal, short and hexadecimal IPv4 spellings are not addresses: reading 010.0.0.1 as 8.0.0.1, as some
 * libraries do, would make different inputs equal.
 *
 * @returns null for what is not an address
 */
export function canonicalAddress(text: string): string | null {
  const version = isIP(text);
  if (version === 0) return null;
  return version === 4 ? text : canonicalIpv6(text);
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
