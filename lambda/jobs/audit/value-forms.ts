import { BLOCK_DIGITS } from '../../masking/masker.ts';

/** What a value looks like where pseudonyms belong, and how to tell in SQL; the first that fits counts. */
const RAW_FORMS: readonly (readonly [form: RawForm, condition: (value: string) => string])[] = [
  ['ipv4', likeIpv4],
  ['ipv6', likeIpv6],
  ['nine digits', (value) => `${value} ~ '^[0-9]{3}-?[0-9]{2}-?[0-9]{4}$'`],
  ['uuid', (value) => `${value} ~* '^[{]?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[}]?$'`],
  // MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, in hex and then in base64.
  ['hex hash', (value) => `length(${value}) in (32, 40, 56, 64, 96, 128) and ${value} ~ '^[0-9a-fA-F]+$'`],
  [
    'base64 hash',
    (value) => `length(rtrim(${value}, '=')) in (22, 27, 38, 43, 64, 86) and ${value} ~ '^[A-Za-z0-9+/_-]+={0,2}$'`,
  ],
];

export type RawForm = 'ipv4' | 'ipv6' | 'nine digits' | 'uuid' | 'hex hash' | 'base64 hash';

/** Something like an IPv4 address, anywhere in the text. The cheap test goes first. */
export function likeIpv4(value: string): string {
  return `(${value} like '%.%.%.%' and ${value} ~ '(^|[^0-9.])[0-9]{1,3}(\\.[0-9]{1,3}){3}($|[^0-9.])')`;
}

/** The whole text is an IPv6 address, with or without brackets, port and zone: with `::` or all of its eight groups. */
function likeIpv6(value: string): string {
  const groups = '[0-9a-fA-F]{1,4}';
  const address = `((${groups})?(:${groups})*::(${groups}(:${groups})*)?|${groups}(:${groups}){7})`;
  return `(${value} like '%:%:%' and ${value} ~ '^\\[?${address}(%[^]]*)?(\\](:[0-9]+)?)?$')`;
}

/**
 * The form of a value, as SQL: null, a key id (`k1`, or `k1t` for text that is not an address), a raw form or `other`. A
 * pseudonym is told by pattern and length, since a pattern with a count takes nine times as long.
 *
 * @param mayBeText whether the column may have pseudonyms of text
 */
export function formOf(value: string, mayBeText: boolean): string {
  const pattern = `^k[1-9][0-9]*${mayBeText ? 't?' : ''}_[0-9a-f]+$`;
  const raw = RAW_FORMS.map(([form, condition]) => `when ${condition(value)} then '${form}'`);
  return `case when ${value} is null then null
    when ${value} ~ '${pattern}' and length(${value}) = strpos(${value}, '_') + ${BLOCK_DIGITS}
    then split_part(${value}, '_', 1)
    ${raw.join('\n    ')}
    else 'other' end`;
}
