import { addAbortSignal, type Writable } from 'node:stream';
import type pg from 'pg';
import { withClient } from '../lambda/store/connection/with-client.ts';
import { type Answer, defineCommand } from '../tools/cli/command.ts';
import { printable } from '../tools/cli/printable.ts';
import { formatCount } from '../tools/cli/progress.ts';
import { readValue } from '../tools/cli/read-value.ts';
import { textTable } from '../tools/cli/table.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { writeTo } from '../tools/cli/write-to.ts';
import { interruptible } from '../tools/database/interruptible.ts';
import { rowsAsJson } from '../tools/sql/json-rows.ts';
import { openPsql } from '../tools/sql/psql.ts';
import { explained, openCsv, runSql, type SqlResult } from '../tools/sql/run-sql.ts';
import { NO_STAGE_OPTION } from '../tools/stage/stage.ts';
import { DATA_FOLDER } from './embedded/data-folder.ts';
import { DATA_OPTION, DATABASE_HELP, withDatabaseUrl } from './embedded/look-into-database.ts';

/** What a terminal shows at once, and what memory holds. */
const MOST_ROWS = { table: 200, json: 100_000 };

export const command = defineCommand(
  (command) =>
    command
      .description('Runs one SQL statement, which can only read. Without one, it opens psql at a terminal.')
      .argument('[STATEMENT]', 'one SQL statement (default: standard input)')
      .option('--csv', 'print all rows as CSV', false)
      .option(...DATA_OPTION)
      .addOption(NO_STAGE_OPTION)
      .addHelpText('after', HELP),
  async ({ args: [given], options: { csv, data = DATA_FOLDER }, json, ...line }) => {
    if (csv && json) throw new UserError('Choose one of --csv and --json.', 2);
    const statement = given ?? (line.stdin.isTTY ? undefined : await readValue('Statement', line));
    if (statement?.trim() === '') throw new UserError('The statement is empty.', 2);
    if (statement === undefined) {
      if (csv || json) throw new UserError('--csv and --json need a statement.', 2);
      return withDatabaseUrl(line.env, data, async (url) => ({ json: {}, exitCode: await openPsql(url, line.env) }));
    }
    const stop = line.interrupt();
    return withDatabaseUrl(line.env, data, (url) =>
      withClient(url, async (client): Promise<Answer> => {
        if (csv) return writeCsv(client, statement, line.stdout, stop);
        return interruptible(json ? jsonOf(client, statement) : tableOf(client, statement), stop);
      }),
    );
  },
);

async function jsonOf(client: pg.ClientBase, statement: string): Promise<Answer> {
  return { json: { rows: await rowsAsJson(client, statement, MOST_ROWS.json) } };
}

async function tableOf(client: pg.ClientBase, statement: string): Promise<Answer> {
  return { json: {}, text: asText(await runSql(client, statement, MOST_ROWS.table)) };
}

async function writeCsv(client: pg.ClientBase, statement: string, out: Writable, stop: AbortSignal): Promise<Answer> {
  const content = await interruptible(openCsv(client, statement), stop);
  await explained(() => writeTo(out, addAbortSignal(stop, content)));
  return { json: {} };
}

function asText({ columns, rows, isCut }: SqlResult): string {
  if (columns.length === 0) return 'Done.\n';
  const shown = rows.map((row) => row.map((value) => (value === null ? null : printable(value))));
  const count = isCut ? `The first ${formatCount(rows.length)} rows; --csv gives all.` : `${plural(rows.length)}.`;
  return `${textTable(columns.map(printable), shown)}\n${count}\n`;
}

const plural = (rows: number) => `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`;

const HELP = `
A table shows the first ${MOST_ROWS.table} rows, and a null as a dot. --json holds at most
${formatCount(MOST_ROWS.json)} rows, and all digits of a number: not every reader keeps them.
A superuser's statement runs as pg_read_all_data.

Examples:
  npx login-etl sql "select * from duplicate_ips order by users desc limit 10"
  npx login-etl sql --csv "select * from user_logins" > logins.csv
${DATABASE_HELP}`;
