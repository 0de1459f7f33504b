/**
 * What the queries of a report cost: `node --disable-warning=ExperimentalWarning test/bench/report-queries.ts [ROWS...]`
 * (default: 1000000). The same facts the plain way, with text for keys and a group for each pair of pseudonym and user,
 * by turns with the report's own, on an embedded PostgreSQL with its defaults; the ratio is taken inside each round, and
 * to one `count(*)`. The plain way's answers must be the report's, or it fails. Ten million rows take 1.5 GB of disk.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Facts } from '../../lambda/jobs/report/facts.ts';
import { readFacts } from '../../lambda/jobs/report/read-facts.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';

const ROUNDS = 3;

const likeIp = (column: string) =>
  `(${column} like '%.%.%.%' and ${column} ~ '(^|[^0-9.])[0-9]{1,3}(\\.[0-9]{1,3}){3}($|[^0-9.])')`;
const isOdd = (column: string) => `(octet_length(${column}) not between 35 and 39 or ${column} not like 'k%\\_%')`;

const TOTALS = `
  select count(*)::integer as logins, min(create_date)::text as first, max(create_date)::text as last,
         (select count(*)::integer from (select from user_logins group by user_id) one) as users,
         count(*) filter (where ${isOdd('masked_ip')} or ${isOdd('masked_device_id')}) as odd,
         count(*) filter (where ${likeIp('user_id')} or ${likeIp('device_type')} or ${likeIp('locale')}) as ips
  from user_logins`;
const GROUPS = `
  with fine as materialized (
    select date_trunc('day', create_date)::date as day, device_type, app_version, locale, count(*) as logins
    from user_logins group by 1, 2, 3, 4)
  select (select json_agg(t) from (select day, device_type, sum(logins) from fine group by 1, 2) t) as days,
         (select json_agg(t) from (select app_version, sum(logins) from fine group by 1) t) as versions,
         (select json_agg(t) from (select locale, sum(logins) from fine group by 1) t) as locales`;
const sharing = (column: string, besides = '') => `
  with pair as (
    select ${column} as pseudonym, user_id, count(*) as logins, min(create_date) as first, max(create_date) as last
    from user_logins where ${column} is not null ${besides} group by 1, 2
  ), cluster as materialized (
    select pseudonym, count(*) as users, sum(logins) as logins, min(first) as first, max(last) as last from pair group by 1
  )
  select (select count(*)::integer from cluster) as pseudonyms, (select count(*)::integer from cluster where users > 1) as shared,
         (select json_agg(t) from (select users, count(*), sum(logins) from cluster group by 1) t) as counts,
         (select json_agg(t) from (select * from cluster where users > 1 order by users desc limit 12) t) as top`;

/** The plain way. */
async function countPlainly(client: pg.Client): Promise<Record<string, unknown>> {
  await client.query(
    `begin isolation level repeatable read read only; set local work_mem = '64MB'; set local jit = off`,
  );
  const one = async (sql: string) => (await client.query(sql)).rows[0];
  const { logins, users, first, last } = await one(TOTALS);
  await one(GROUPS);
  const devices = await one(sharing('masked_device_id'));
  const ips = await one(sharing('masked_ip', `and masked_ip not like 'k%t\\_%'`));
  await client.query('rollback');
  return {
    logins,
    users,
    first,
    last,
    devices: [devices.pseudonyms, devices.shared],
    ips: [ips.pseudonyms, ips.shared],
  };
}

function alike({ logins, users, first, last, sharedDevices, sharedIps }: Facts): Record<string, unknown> {
  const pair = ({ pseudonyms, shared }: Facts['sharedIps']) => [pseudonyms, shared];
  return { logins, users, first, last, devices: pair(sharedDevices), ips: pair(sharedIps) };
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - startedAt) / 1_000 };
}

async function measure(client: pg.Client, rows: number): Promise<void> {
  await client.query('truncate user_logins; select setseed(0.5)');
  await client.query(MANY_LOGINS, [rows]);
  await client.query('vacuum analyze user_logins');
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const count = await timed(() => client.query('select count(*) from user_logins'));
    const plain = await timed(() => countPlainly(client));
    const report = await timed(() => readFacts(client, { days: null }));
    assert.deepEqual(alike(report.result), plain.result);
    const line = [plain, report, count].map(({ seconds }) => seconds.toFixed(2)).join(', ');
    // The first round warms up.
    if (round > 0) ratios.push(report.seconds / plain.seconds);
    const times = (report.seconds / count.seconds).toFixed(0);
    console.log(`${rows} rows, round ${round}: plain, report, count(*) ${line} s; report is ${times} count(*)`);
  }
  const [middle = 0] = ratios.toSorted((a, b) => a - b).slice(Math.floor(ratios.length / 2));
  console.log(`${rows} rows: the report's queries take ${middle.toFixed(2)} of the plain way's time`);
}

const folder = mkdtempSync(join(tmpdir(), 'login-etl-bench-'));
const postgres = await startPostgres(folder);
const client = new pg.Client({ connectionString: postgres.url });
try {
  await migrate(postgres.url);
  await client.connect();
  await client.query(`insert into mask_keys (name, check_value) values ('k1', '00000001')`);
  const sizes = process.argv.slice(2).map(Number);
  for (const rows of sizes.length > 0 ? sizes : [1_000_000]) await measure(client, rows);
} finally {
  await client.end();
  await postgres.stop();
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}
