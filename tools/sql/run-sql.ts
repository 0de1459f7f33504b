import type { Readable } from 'node:stream';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { printable } from '../cli/printable.ts';
import { UserError } from '../cli/user-error.ts';

export interface SqlResult {
  columns: string[];
  /** Values as Postgres writes them; null is null. */
  rows: (string | null)[][];
  /** There are more rows than these. */
  isCut: boolean;
}

/**
 * A transaction that cannot write, whatever the role may do. A superuser could still run programs on the server and write
 * its files, so for the statement it becomes a role that may do nothing but read. The server stops when its reader goes.
 */
export const READ_ONLY = `
  begin read only;
  set local client_connection_check_interval = '1s';
  select set_config('role', 'pg_read_all_data', true) where current_setting('is_superuser') = 'on'`;
/** Values as text: a number keeps its digits and a date its day. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** Whether a statement can stand in another one, in parentheses. */
export function isQuery(statement: string): boolean {
  return /^\s*(select|with|values|table)\b/i.test(statement);
}

/** A query without the semicolon that may end it. */
export function withoutEnd(query: string): string {
  return query.replace(/[;\s]*$/, '');
}

/**
 * Runs one statement; the server refuses a second one behind it.
 *
 * @param client its transaction stays open
 * @param limit of rows; no more than one above is fetched
 * @throws UserError with what Postgres says of the statement
 */
export async function runSql(client: pg.ClientBase, statement: string, limit: number): Promise<SqlResult> {
  return explained(async () => {
    await client.query(READ_ONLY);
    if (!isQuery(statement)) return cut(await oneStatement(client, statement), limit);
    await oneStatement(client, `declare result no scroll cursor for ${statement}`);
    return cut(await oneStatement(client, `fetch ${limit + 1} from result`), limit);
  });
}

/** The rows of a query as a stream of CSV with a header. */
export async function openCsv(client: pg.ClientBase, statement: string): Promise<Readable> {
  return explained(async () => {
    if (!isQuery(statement)) throw new UserError('--csv takes a query: select, with, values or table.', 2);
    await client.query(READ_ONLY);
    const query = withoutEnd(statement);
    // Checked first: COPY goes by the simple protocol, which takes several statements.
    await oneStatement(client, `declare result no scroll cursor for ${query}`);
    return client.query(copyTo(`copy (${query}\n) to stdout (format csv, header)`));
  });
}

export function oneStatement(client: pg.ClientBase, text: string): Promise<pg.QueryArrayResult> {
  // In the extended protocol a query is one statement.
  const query = { text, rowMode: 'array', types: AS_TEXT, queryMode: 'extended' };
  return client.query(query as pg.QueryArrayConfig);
}

function cut({ fields, rows }: pg.QueryArrayResult, limit: number): SqlResult {
  return { columns: fields.map(({ name }) => name), rows: rows.slice(0, limit), isCut: rows.length > limit };
}

/** The statement is the user's own, and so is what Postgres says of it; its detail could quote a row. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) throw error;
    throw new UserError(`${printable(message)} (SQLSTATE ${code})`);
  }
}
