import type { ClientBase } from 'pg';
import { audit } from '../audit/audit.ts';
import { readFacts } from '../report/read-facts.ts';
import { unknownRequest } from '../unknown-request.ts';

/** One look at a database, which only reads. */
export type Look = (client: ClientBase) => Promise<object>;

const MOST_DAYS = 36_500;
const MOST_AUDIT_ROWS = 1_000;

/** What can be looked at with the rights of login_analyst, by a request's `look`. */
const LOOKS: Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => Look>> = {
  report({ days }) {
    const checked = days === null ? null : checkCount(days, 1, MOST_DAYS);
    return (client) => readFacts(client, { days: checked });
  },
  audit({ rows }) {
    const checked = checkCount(rows, 0, MOST_AUDIT_ROWS);
    return (client) => audit(client, { rows: checked });
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

function checkCount(count: unknown, least: number, most: number): number {
  const isOurs = Number.isInteger(count) && Number(count) >= least && Number(count) <= most;
  if (!isOurs) throw unknownRequest();
  return Number(count);
}
