/**
 * `npm run bench:views`: what the views of the analysts cost, and what dividing the table by months changes.
 *
 * An embedded PostgreSQL with its default settings (work_mem of 4 MB, as on Aurora) holds logins of two years, of which
 * two share an ip, on average, and two a device. Each view is counted three times after one run that does not count, in
 * the order of the tables below; the median is reported. Then lambda/store/schema/by-hand/partition-user-logins.sql runs, and the
 * same is measured again, with a year of later months filled, and one of them asked for alone.
 *
 * Not measured: a network, a disk that is not this machine's, writers at work meanwhile, memory smaller than the table.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { migrate } from '../../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';
import { spread } from '../statistics.ts';

const SCRIPT = new URL('../../../lambda/store/schema/by-hand/partition-user-logins.sql', import.meta.url);
const RUNS = 3;
/** The first month that the script makes a partition for, and how many of them are filled. */
const LATER = "date_trunc('month', now()) + interval '2 months'";
const MONTHS = 12;

/** Half as many ips and devices as logins, drawn evenly. */
const FILL = `
  insert into user_logins
  select 'user-' || (random() * $1 / 5)::integer, 'ios', 'k1_' || md5('ip' || (random() * $1 / 2)::integer),
         'k1_' || md5('device' || (random() * $1 / 2)::integer), 'EN', 2003000, $2::date + (random() * $3)::integer
  from generate_series(1, $1::integer)`;

interface Cost {
  seconds: number;
  temporaryMb: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
  const rows = Number(values.rows);
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-views-'));
  const server = await startPostgres(folder);
  try {
    await migrate(server.url);
    const client = new pg.Client(server.url);
    // The server ends first where something fails, and that something is to be seen.
    client.on('error', () => {});
    await client.connect();
    print(`${rows} rows, PostgreSQL ${await show(client, 'server_version')}, ${cpus()[0]?.model}`);
    await client.query(FILL, [rows, '2024-11-25', 730]);
    await client.query('vacuum analyze user_logins');
    print(`table: ${await show(client, "pg_size_pretty(pg_table_size('user_logins'))", 'select')}`);
    await report(client, 'as it is', ['duplicate_ips', 'duplicate_devices']);
    const startedAt = performance.now();
    await client.query(readFileSync(SCRIPT, 'utf8'));
    print(`divided in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    const first = await show(client, `(${LATER})::date::text`, 'select');
    await client.query(FILL, [rows, first, MONTHS * 30]);
    await client.query('analyze user_logins');
    const month = `(select masked_ip from user_logins where create_date >= ${LATER} and create_date < ${LATER} + interval '1 month'
                    group by masked_ip having count(*) > 1) as month`;
    await report(client, 'divided, with as many rows again', ['duplicate_ips', month]);
    await client.end();
  } finally {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function report(client: pg.Client, title: string, sources: string[]): Promise<void> {
  print(title);
  for (const source of sources) {
    await measure(client, source);
    const costs: Cost[] = [];
    for (let run = 0; run < RUNS; run++) costs.push(await measure(client, source));
    const { median } = spread(costs.map((cost) => cost.seconds));
    const name = source.startsWith('(') ? 'one month of it' : source;
    print(`  ${name}: ${median.toFixed(2)} s, ${costs[0]?.temporaryMb.toFixed(0)} MB of temporary files`);
  }
}

async function measure(client: pg.Client, source: string): Promise<Cost> {
  const explained = await client.query(`explain (analyze, buffers, format json) select count(*) from ${source}`);
  const [{ 'QUERY PLAN': plan }] = explained.rows;
  const temporaryBlocks = plan[0].Plan['Temp Written Blocks'];
  return { seconds: plan[0]['Execution Time'] / 1_000, temporaryMb: (temporaryBlocks * 8_192) / 1e6 };
}

async function show(client: pg.Client, what: string, verb = 'show'): Promise<string> {
  const { rows } = await client.query({ text: `${verb} ${what}`, rowMode: 'array' });
  return `${rows[0]?.[0]}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
