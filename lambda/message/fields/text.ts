const ASCII_WHITESPACE = '\t\n\v\f\r ';

/** Postgres refuses U+0000, and different lone surrogates would all be stored as the same replacement character. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Postgres's varchar(n) counts code points; the first two comparisons spare the count where UTF-16 tells already. */
export function isWithin(text: string, codePoints: number): boolean {
  // Stryker disable next-line ConditionalExpression,EqualityOperator: but for speed the count alone would do
  return text.length <= codePoints || (text.length <= 2 * codePoints && [...text].length <= codePoints);
}

export function cut(text: string, codePoints: number): string {
  // Stryker disable next-line MethodExpression: the first one is only for speed
  return [...text.slice(0, 2 * codePoints)].slice(0, codePoints).join('');
}

/** No regular expression: one that looks for white space at the end takes a quarter of an hour for 1 MiB of it inside. */
export function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ASCII_WHITESPACE.includes(text.charAt(start))) start++;
  while (end > start && ASCII_WHITESPACE.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
