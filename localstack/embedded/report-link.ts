import { pathToFileURL } from 'node:url';
import type pg from 'pg';
import { readFacts } from '../../lambda/jobs/report/read-facts.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { databaseName, readRunRecord } from '../../tools/report/run-record.ts';
import { reportFile, writeReport } from '../../tools/report/write-report.ts';

/** About 1.5 million logins, which take some seconds; nobody should wait longer for what they did not ask for. */
const MOST_BYTES = 200 * 2 ** 20;

/** Draws the report of what is in the table now, and prints where it is. */
export async function printReportLink(
  folder: string,
  env: Environment,
  databaseUrl: string,
  out: NodeJS.WritableStream,
): Promise<void> {
  const facts = await withClient(databaseUrl, async (client) =>
    (await isSmallTable(client)) ? readFacts(client, { days: null }) : null,
  );
  if (facts === null) {
    out.write('\nThe table is large. To draw it: npx login-etl report, or --days 30 for a month.\n');
    return;
  }
  const path = await writeReport(reportFile(folder), facts, readRunRecord(folder, databaseName(env)));
  out.write(`\nA report, for a browser:\n  ${pathToFileURL(path)}\n`);
}

export async function isSmallTable(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(`select pg_table_size('user_logins')::float8 as bytes`);
  return rows[0]?.bytes <= MOST_BYTES;
}
