import type { ClientBase } from 'pg';
import { unknownRequest } from '../unknown-request.ts';
import { eraseBefore, eraseMonths, type OldErased } from './erase-old.ts';
import { eraseUser, type UserErased } from './erase-user.ts';

export type EraseRequest = { user: string } | { month: string } | { before: string };
export type Erased = UserErased | OldErased | { values: number };

const DAY = /^\d{4}-\d\d-\d\d$/;
const MONTH = /^\d{4}-\d\d$/;
/** Of a user id, in UTF-16. */
const MOST_LENGTH = 256;

/**
 * @param request of a command here, or from whoever may invoke the function
 * @throws JobError where it is none of ours, or would erase what is of today or later
 */
export function readErasure(request: unknown): (client: ClientBase) => Promise<Erased> {
  const { user, month, before, ...rest } = Object(request);
  const given = [user, month, before].filter((one) => one !== undefined);
  if (given.length !== 1 || Object.keys(rest).length > 0 || typeof given[0] !== 'string') throw unknownRequest();
  // Stryker disable ArrowFunction,ObjectLiteral,ArrayDeclaration: what is erased only a database can tell
  if (user !== undefined) {
    if (user === '' || user.length > MOST_LENGTH) throw unknownRequest();
    return (client) => eraseUser(client, user);
  }
  if (month !== undefined) {
    if (!MONTH.test(month)) throw unknownRequest();
    // Stryker disable next-line StringLiteral: the same
    return async (client) => ({ values: await eraseMonths(client, [`${month}-01`]) });
  }
  if (!DAY.test(before) || before >= new Date().toISOString().slice(0, 10)) throw unknownRequest();
  return (client) => eraseBefore(client, before);
}
