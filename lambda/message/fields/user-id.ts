import { BAD_TEXT, EMPTY, MISSING, type Reader, TOO_LONG, WRONG_TYPE } from './reader.ts';
import { isStorable, isWithin } from './text.ts';

/** Identifies, so nothing in it is guessed: only a whole number becomes the text that it is. */
export const readUserId: Reader<string> = (value, changes, limit) => {
  if (value === undefined) return MISSING;
  if (Number.isSafeInteger(value)) {
    changes.push('number_user_id');
    return `${value}`;
  }
  if (typeof value !== 'string') return WRONG_TYPE;
  if (!isStorable(value)) return BAD_TEXT;
  if (value === '') return EMPTY;
  return isWithin(value, limit) ? value : TOO_LONG;
};
