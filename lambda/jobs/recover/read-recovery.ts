import { PSEUDONYM } from '../../masking/masker.ts';
import { SECRET_FIELDS } from '../pseudonym/pseudonym.ts';
import { unknownRequest } from '../unknown-request.ts';
import type { RecoverRequest } from './recover.ts';

/** How many may be asked for at once, on a stage without a further confirmation. */
const MOST_PSEUDONYMS = 1_000;
const MOST_CALLER = 200;

/**
 * @param request of a command here, or from whoever may invoke the function
 * @throws JobError where it is not one of ours
 */
export function readRecovery(request: unknown): RecoverRequest {
  const { field, pseudonyms, reason, caller, ...rest } = Object(request);
  const isOurs =
    Object.keys(rest).length === 0 &&
    SECRET_FIELDS.includes(field) &&
    Array.isArray(pseudonyms) &&
    pseudonyms.length > 0 &&
    pseudonyms.length <= MOST_PSEUDONYMS &&
    pseudonyms.every((one) => typeof one === 'string' && PSEUDONYM.test(one)) &&
    isText(reason, 3, 500) &&
    isText(caller, 1, MOST_CALLER);
  if (!isOurs) throw unknownRequest();
  return { field, pseudonyms: [...new Set<string>(pseudonyms)], reason, caller };
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.trim().length >= least && value.length <= most;
}
