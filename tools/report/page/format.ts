import type { Bucket } from '../../../lambda/jobs/report/facts.ts';

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: number): string => value.toLocaleString('en-US');
export const compact = (value: number): string => COMPACT.format(value);

/** Never 0 % of something, nor 100 % of what is not all. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const value = (100 * part) / whole;
  if (part > 0 && value < 0.1) return '<0.1 %';
  if (part < whole && value > 99.9) return '>99.9 %';
  return `${value.toFixed(1)} %`;
}

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Producers write these texts: what is invisible in them, or turns the direction of text, could rearrange a line. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => (character === '\n' ? character : '\ufffd'));
}

/** A name among others. */
export function nameOf(text: string | null): string {
  if (text === null) return '(none)';
  return text.trim() === '' ? '(blank)' : visible(text).replaceAll('\n', '\ufffd');
}

export function usersOf({ from, to }: Bucket): string {
  if (to === from) return plural(from, 'user');
  return to === null ? `${count(from)} or more users` : `${count(from)}–${count(to)} users`;
}

/** Days of one year name it once. */
export function days(first: string | null, last: string | null): string {
  if (first === null || last === null) return '';
  if (first === last) return first;
  return `${first} – ${first.slice(0, 4) === last.slice(0, 4) ? last.slice(5) : last}`;
}
