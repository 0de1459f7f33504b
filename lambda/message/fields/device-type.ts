import { MISSING, type Reader, WRONG_TYPE } from './reader.ts';
import { cut, isStorable, isWithin } from './text.ts';

export const readDeviceType: Reader<string | null> = (value, changes, limit) => {
  if (value === undefined) return MISSING;
  if (value === null || value === '') {
    changes.push('no_device_type');
    return null;
  }
  if (typeof value !== 'string') return WRONG_TYPE;
  let text = value;
  if (!isStorable(text)) {
    changes.push('bad_text_device_type');
    text = text.replaceAll('\0', '\ufffd').toWellFormed();
  }
  if (isWithin(text, limit)) return text;
  changes.push('cut_device_type');
  return cut(text, limit);
};
