import { isIPv6 } from 'node:net';
import type { Canonical } from '../../masking/masker.ts';
import { canonicalAddress } from './canonical-ip.ts';
import { isIpPlaceholder, UNSPECIFIED_ADDRESSES } from './placeholders.ts';
import { BAD_TEXT, MISSING, type Reader, WRONG_TYPE } from './reader.ts';
import { isStorable, trimAscii } from './text.ts';

/** RFC 7239, of one proxy: `for=` at the beginning or after a semicolon. */
const FORWARDED_FOR = /(?:^|;)[\t\n\v\f\r ]*for=([^;]*)/i;
const IPV4_WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):(\d{1,5})$/;
const IN_BRACKETS = /^\[([^\]]*)\](?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;

/**
 * An address in its one spelling, whatever proxies wrote around it; other text as it is, under a key of its own. An IPv6
 * address with a port and no brackets cannot be told from a longer address, and stays what it parses as.
 */
export const readIp: Reader<Canonical | null> = (value, changes) => {
  if (value === undefined) return MISSING;
  if (value === null) return null;
  if (typeof value !== 'string') return WRONG_TYPE;
  // What nearly all are, in a tenth of the time that the rest takes.
  const plain = canonicalAddress(value);
  // Stryker disable next-line ConditionalExpression: only for speed
  if (plain !== null && !UNSPECIFIED_ADDRESSES.includes(plain)) return { key: 'ip', text: plain };
  if (!isStorable(value)) return BAD_TEXT;
  const text = trimAscii(value);
  if (text === '') return null;
  const nearest = firstOfList(text);
  const bare = withoutPort(nearest);
  const address = canonicalAddress(bare);
  if (isIpPlaceholder(text) || isIpPlaceholder(nearest) || (address && UNSPECIFIED_ADDRESSES.includes(address))) {
    changes.push('placeholder_ip');
    return null;
  }
  if (address === null) {
    changes.push('ip_text');
    return { key: 'ipText', text };
  }
  if (nearest !== text) changes.push('ip_list');
  if (bare !== nearest) changes.push('ip_port');
  return { key: 'ip', text: address };
};

/** The client of a list of proxies: the first entry, and of a `Forwarded` one the value of its `for`. */
function firstOfList(text: string): string {
  const comma = text.indexOf(',');
  // Stryker disable next-line EqualityOperator: an empty entry is not an address either
  const entry = comma < 0 ? text : trimAscii(text.slice(0, comma));
  const client = FORWARDED_FOR.exec(entry)?.[1];
  return client === undefined ? entry : trimAscii(client).replace(/^"(.*)"$/s, '$1');
}

function withoutPort(text: string): string {
  const ipv4 = IPV4_WITH_PORT.exec(text);
  if (ipv4) return Number(ipv4[2]) <= MAX_PORT ? (ipv4[1] as string) : text;
  // Stryker disable next-line StringLiteral,ArrayDeclaration: what is not in brackets is not IPv6
  const [, inside = '', port = '0'] = IN_BRACKETS.exec(text) ?? [];
  return isIPv6(inside) && Number(port) <= MAX_PORT ? inside : text;
}
