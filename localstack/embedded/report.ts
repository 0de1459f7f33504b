import type pg from 'pg';
import { audit } from '../../lambda/jobs/audit/audit.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { reasons, total } from '../../tools/cli/counts.ts';
import { formatCount } from '../../tools/cli/progress.ts';
import type { Summary } from '../../tools/event-source/run-counts.ts';
import { auditLine } from '../../tools/keys/describe-audit.ts';
import { printRejected } from './rejected/print-rejected.ts';
import type { RejectedEvent } from './rejected/rejected-events.ts';
import { isSmallTable } from './report-link.ts';
import { countRows, cut, newerRows, type TableMark } from './table.ts';

export interface RunResult extends Summary {
  deadLettered: number;
  /** Still in the queue. */
  pending: number;
  seconds: number;
  /** Before everything was sent and out of the queue. */
  interrupted: boolean;
  databaseUrl: string;
  /** Rows of the table before anything was sent. */
  since: TableMark;
  rejectedEvents: readonly RejectedEvent[];
}

/** Everything stored, or dead-lettered for a reason that has a name. */
export function isComplete(result: RunResult): boolean {
  return (
    !result.interrupted &&
    result.pending === 0 &&
    result.deadLettered === total(result.rejected) &&
    total(result.unstored) === 0
  );
}

const MOST_IN_JSON = 1_000;

/**
 * The object that `--json` prints.
 *
 * @param isOwn whether the database goes on when the run ends; the address of one that has stopped helps nobody
 */
export function reportAsJson(result: RunResult, isOwn: boolean): Record<string, unknown> {
  const { unstored: _, interrupted: __, since: ___, rejectedEvents, seconds, databaseUrl, ...counts } = result;
  const figures = {
    ...counts,
    rejectedEvents: rejectedEvents.slice(0, MOST_IN_JSON),
    seconds: Number(seconds.toFixed(3)),
    eventsPerSecond: eventsPerSecond(result),
  };
  return isOwn ? { ...figures, databaseUrl } : figures;
}

function eventsPerSecond({ received, seconds }: RunResult): number {
  return seconds > 0 ? Math.round(received / seconds) : 0;
}

/** @param isSaved whether dead letters are going to be written to a file */
export async function printReport(result: RunResult, isSaved: boolean, out: NodeJS.WritableStream): Promise<void> {
  const hint = isSaved ? '' : ' (--rejected FILE writes them to a file)';
  await withClient(result.databaseUrl, async (client) => {
    await printRows(client, result.since, out);
    printCounts(result, out);
    printRejected(result.rejectedEvents, { all: total(result.rejected), hint }, out);
    await printDuplicates(client, out);
    await printAudit(client, out);
  });
}

async function printRows(client: pg.Client, since: TableMark, out: NodeJS.WritableStream): Promise<void> {
  const { before, newer } = await countRows(client, since);
  const held = before === 0 ? 'The table was empty before.' : `The table held ${formatCount(before)} rows before.`;
  if (newer === 0) {
    out.write(`\nThis run stored no rows. ${held}\n`);
    return;
  }
  out.write("\nThis run's first rows in user_logins (without create_date; long values are cut):\n");
  printTable(await newerRows(client, since), out);
  out.write(`${held}\n`);
}

function printCounts(result: RunResult, out: NodeJS.WritableStream): void {
  const line = (name: string, count: number, note = '') => {
    out.write(`  ${name.padEnd(14)}${formatCount(count).padStart(9)}${note && `   ${note}`}\n`);
  };
  out.write('\nMessages:\n');
  line(
    'received',
    result.received,
    `in ${result.seconds.toFixed(2)} s, ${formatCount(eventsPerSecond(result))} events/s`,
  );
  line('stored', result.stored);
  if (result.duplicates > 0) line('duplicates', result.duplicates, 'stored before, by an earlier delivery');
  line('dead-lettered', result.deadLettered, reasons(result.rejected));
  if (total(result.changed) > 0) line('changed', total(result.changed), reasons(result.changed));
  if (result.interrupted) out.write('  interrupted before everything was sent and stored\n');
  if (result.pending > 0) line('pending', result.pending, 'the queue lives in memory, so these are gone when it stops');
  if (total(result.unstored) > 0) line('not stored', total(result.unstored), reasons(result.unstored));
}

export function printNextSteps(folder: { logFile: string }, out: NodeJS.WritableStream): void {
  out.write(`
How to go on:
  npx login-etl start FILE      events of your own: JSON array or JSON Lines
  npx login-etl start --watch   stay up: send messages, see them arrive
  npx login-etl                 every command
What the function logged:
  ${folder.logFile}
`);
}

async function printDuplicates(client: pg.Client, out: NodeJS.WritableStream): Promise<void> {
  for (const [view, column, name] of [
    ['duplicate_ips', 'masked_ip', 'ips'],
    ['duplicate_devices', 'masked_device_id', 'devices'],
  ] as const) {
    const found = await client.query(`select count(*)::integer as count from ${view}`);
    const { rows } = await client.query(
      `select ${cut(column, 11)} as ${column}, logins::integer, users::integer from ${view} order by logins desc, 1 limit 5`,
    );
    out.write(`\nDuplicate ${name} in the whole table: ${formatCount(found.rows[0]?.count)}\n`);
    if (rows.length > 0) printTable(rows, out);
  }
}

/** Whatever takes seconds is left to those who ask for it. */
async function printAudit(client: pg.Client, out: NodeJS.WritableStream): Promise<void> {
  if (!(await isSmallTable(client))) return;
  out.write(`\nAudit of the table: ${auditLine(await audit(client, { rows: 0 }))}.\n`);
}

function printTable(rows: readonly Record<string, unknown>[], out: NodeJS.WritableStream): void {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '·')))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of lines)
    out.write(
      `  ${line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
}
