import { type Reader, WRONG_TYPE } from './reader.ts';
import { isStorable, isWithin } from './text.ts';

/** Ends the first tag of `de-CH,de;q=0.9` and of `de_DE@currency=EUR`. */
const END_OF_TAG = /[,;@\t\n\v\f\r ]/;

export const readLocale: Reader<string | null> = (value, changes, limit) => {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') return WRONG_TYPE;
  if (!isStorable(value)) {
    changes.push('bad_locale');
    return null;
  }
  if (isWithin(value, limit)) return value;
  const end = value.search(END_OF_TAG);
  // Stryker disable next-line EqualityOperator: an empty tag and a text beyond the limit are both refused
  const tag = end < 0 ? value : value.slice(0, end);
  if (tag === '' || !isWithin(tag, limit)) {
    changes.push('bad_locale');
    return null;
  }
  changes.push('cut_locale');
  return tag;
};
