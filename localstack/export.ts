import { addAbortSignal, type Writable } from 'node:stream';
import type pg from 'pg';
import { type Answer, type CommandLine, defineCommand } from '../tools/cli/command.ts';
import { formatCount, showProgress } from '../tools/cli/progress.ts';
import { readUserId } from '../tools/cli/read-value.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { isoDate, oneOf } from '../tools/cli/values.ts';
import { writeTo } from '../tools/cli/write-to.ts';
import { interruptible } from '../tools/database/interruptible.ts';
import { writePrivateFile } from '../tools/database/write-file.ts';
import { type Export, type Exporting, estimateRows, FORMATS, openExport } from '../tools/export/export-rows.ts';
import { NO_STAGE_OPTION } from '../tools/stage/stage.ts';
import { DATA_FOLDER } from './embedded/data-folder.ts';
import { DATA_OPTION, DATABASE_HELP, lookIntoDatabase } from './embedded/look-into-database.ts';

const NOTHING_FOUND = 3;

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Writes the rows of user_logins, however many, in the order of the table. With --user: all rows of one person, ' +
          'whose id is read from standard input.',
      )
      .addOption(oneOf('--format <name>', 'format of the rows', FORMATS))
      .option('--out <file>', 'a file that only you can read, instead of standard output')
      .option('--since <date>', 'only logins from this day on, such as 2026-01-31', isoDate)
      .option('--user', 'only logins of the user whose id is on standard input', false)
      .option('--version-text', 'add app_version_text, such as 2.3.0', false)
      .option(...DATA_OPTION)
      .addOption(NO_STAGE_OPTION)
      .addHelpText('after', HELP),
  async ({ options, ...line }) => {
    const { out, data = DATA_FOLDER, format, since = null, versionText } = options;
    if (line.json && out === undefined) throw new UserError('With --json the rows go to a file: add --out FILE.', 2);
    const user = options.user ? await readUserId(line) : null;
    const stop = line.interrupt();
    return lookIntoDatabase(line.env, data, (client) =>
      exportTo(out, client, { format, since, user, versionText }, { ...line, stop }),
    );
  },
);

async function exportTo(
  out: string | undefined,
  client: pg.ClientBase,
  what: Exporting,
  { stdout, stderr, stop }: Pick<CommandLine, 'stdout' | 'stderr'> & { stop: AbortSignal },
): Promise<Answer> {
  let passed = 0;
  const onRows = (count: number) => {
    passed += count;
  };
  const progress = showProgress(() => passed, await interruptible(estimateRows(client, what), stop), 'rows');
  try {
    const opened = await interruptible(openExport(client, what, onRows), stop);
    if (opened !== null) return await write(opened, out ?? stdout, stop);
    stderr.write('No login was found, so nothing was written.\n');
    return { json: { file: null, rows: 0 }, exitCode: NOTHING_FOUND };
  } finally {
    progress.end();
  }
}

async function write({ content, rows }: Export, sink: string | Writable, stop: AbortSignal): Promise<Answer> {
  addAbortSignal(stop, content);
  if (typeof sink !== 'string') {
    await writeTo(sink, content);
    return { json: {} };
  }
  const file = await writePrivateFile(sink, content);
  const count = rows();
  return { json: { file, rows: count }, text: `${formatCount(count)} ${count === 1 ? 'row' : 'rows'} in ${file}\n` };
}

const HELP = `
CSV has a header; a null is an empty field, and an empty text is "". Texts are
as the producer sent them, and a spreadsheet takes one that begins with = + - or
@ for a formula: import user_id, device_type and locale as text.
JSON and JSON Lines have an object for each row, with real nulls and numbers.

Exit code: 0 done, 1 failed, 2 wrong usage, 3 nothing found (--user),
130 interrupted. FILE appears only when it is whole.

Examples:
  npx login-etl export --out logins.csv
  npx login-etl export --format jsonl | head
  npx login-etl export --user --format json < user-id.txt

Parquet, with DuckDB, from JSON Lines:
  duckdb -c "copy (from read_json('logins.jsonl', columns={
    user_id: 'varchar', device_type: 'varchar', masked_ip: 'varchar',
    masked_device_id: 'varchar', locale: 'varchar', app_version: 'integer',
    create_date: 'date'})) to 'logins.parquet' (compression zstd)"
${DATABASE_HELP}`;
