import type pg from 'pg';
import { UserError } from '../cli/user-error.ts';
import { explained, isQuery, oneStatement, READ_ONLY, runSql, withoutEnd } from './run-sql.ts';

/** Of ECMAScript's "JSON.parse source text access", which TypeScript's library does not declare. */
const EXACT = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};

/**
 * The rows of one statement as JSON objects, with numbers as Postgres writes them, however many digits they have. A
 * statement that is not a query, such as `show`, gives texts only.
 *
 * @throws UserError like runSql, and if there are more than `limit` rows or two columns have the same name
 */
export async function rowsAsJson(client: pg.ClientBase, statement: string, limit: number): Promise<unknown[]> {
  if (!isQuery(statement)) {
    const { columns, rows } = await runSql(client, statement, limit);
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  }
  const query = `(${withoutEnd(statement)}\n) result`;
  await explained(async () => {
    await client.query(READ_ONLY);
    const { fields } = await oneStatement(client, `select * from ${query} limit 0`);
    requireOwnNames(fields.map(({ name }) => name));
  });
  const { rows, isCut } = await runSql(client, `select row_to_json(result) from ${query}`, limit);
  if (isCut) throw new UserError(`There are more than ${limit} rows: --csv has no limit.`);
  return rows.map(([row]) => EXACT.parse(row ?? 'null', withAllDigits));
}

function requireOwnNames(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`Two columns are named ${twice}: rename one with "as".`, 2);
}

function withAllDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === 'number' && source !== undefined && String(value) !== source ? EXACT.rawJSON(source) : value;
}
