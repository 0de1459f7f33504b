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
  const groups = ipv6Groups(address);
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

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;

/** The eight 16-bit groups of a valid address; `::` and a dotted IPv4 tail are written out. */
function ipv6Groups(address: string): number[] {
  const groups: number[] = [];
  let gap = 0;
  let start = 0;
  for (let i = 0; ; i++) {
    const code = address.charCodeAt(i);
    if (code === DOT) {
      const [a = 0, b = 0, c = 0, d = 0] = address.slice(start).split('.').map(Number.parseFloat);
      groups.push(a * 256 + b, c * 256 + d);
      break;
    }
    if (code === COLON && i === start) gap = groups.length;
    const isEnd = i === address.length || code === PERCENT;
    if (code !== COLON && !isEnd) continue;
    if (i > start) groups.push(Number.parseInt(address.slice(start, i), 16));
    if (isEnd) break;
    start = i + 1;
  }
  while (groups.length < 8) groups.splice(gap, 0, 0);
  return groups;
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
