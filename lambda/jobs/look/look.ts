import type { ClientBase } from 'pg';
import { readFacts } from '../report/read-facts.ts';
import { unknownRequest } from '../unknown-request.ts';

/** One look at a database, which only reads. */
export type Look = (client: ClientBase) => Promise<object>;

const MOST_DAYS = 36_500;

/** What can be looked at with the rights of login_analyst, by a request's `look`. */
const LOOKS: Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => Look>> = {
  report({ days }) {
    const checked = checkDays(days);
    return (client) => readFacts(client, { days: checked });
  },
};

/**
 * @param request from whoever may invoke the function: `{ look: 'report', days: 30 }`
 * @throws JobError where it is none of ours
 */
export function readLook(request: unknown): Look {
  const fields: Readonly<Record<string, unknown>> = Object(request);
  const name = `${fields.look}`;
  const look = Object.hasOwn(LOOKS, name) ? LOOKS[name] : undefined;
  if (look === undefined) throw unknownRequest();
  return look(fields);
}

/** @returns null for all days */
function checkDays(days: unknown): number | null {
  const isOurs = days === null || (Number.isInteger(days) && Number(days) >= 1 && Number(days) <= MOST_DAYS);
  if (!isOurs) throw unknownRequest();
  return days as number | null;
}
