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
  if (isIpv4Mapped(groups)) return ipv4Tail(groups);
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return joinHex(groups, 0, 8);
  return `${joinHex(groups, 0, zeros.start)}::${joinHex(groups, zeros.start + zeros.length, 8)}`;
}

function isIpv4Mapped(groups: readonly number[]): boolean {
  for (let i = 0; i < 5; i++) if (groups[i] !== 0) return false;
  return groups[5] === 0xffff;
}

function ipv4Tail(groups: readonly number[]): string {
  const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
  return bytes.join('.');
}

function joinHex(groups: readonly number[], from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += (i > from ? ':' : '') + (groups[i] as number).toString(16);
  return text;
}

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;

/** The eight 16-bit groups of a valid address; `::` and a dotted IPv4 tail are written out. */
function ipv6Groups(address: string): number[] {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  let gap = 0;
  let group = 0;
  let start = 0;
  for (let i = 0; ; i++) {
    const code = address.charCodeAt(i);
    const isEnd = i === address.length || code === PERCENT;
    if (code === DOT) {
      const [a = 0, b = 0, c = 0, d = 0] = address.slice(start).split('.').map(Number.parseFloat);
      groups[count++] = a * 256 + b;
      groups[count++] = c * 256 + d;
      break;
    }
    if (code !== COLON && !isEnd) {
      group = group * 16 + hexDigit(code);
      continue;
    }
    if (i > start) groups[count++] = group;
    // Stryker disable next-line ConditionalExpression: at the end nothing was counted after the gap
    else if (!isEnd) gap = count;
    if (isEnd) break;
    group = 0;
    start = i + 1;
  }
  // Stryker disable next-line ConditionalExpression: only for speed
  if (count === 8) return groups;
  const tail = count - gap;
  return groups.copyWithin(8 - tail, gap, count).fill(0, gap, 8 - tail);
}

/** The value of a hex digit, upper or lower case. */
function hexDigit(code: number): number {
  return (code & 0xf) + (code >> 6) * 9;
}

/** The first of the longest runs, as RFC 5952 section 4.2.3 asks. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let start = 0;
  let length = 0;
  // Stryker disable next-line EqualityOperator: after the last group nothing is zero
  for (let i = 0, run = 0; i < 8; i++) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run <= length) continue;
    length = run;
    start = i + 1 - run;
  }
  return { start, length };
}
