/**
 * `npm run bench:costs`: what an event costs, for `npx login-etl plan` to reckon with.
 *
 * Method. The handler, in processes of its own, writes batches of several sizes into an embedded PostgreSQL with its
 * default settings. Per batch it measures the CPU of the handler's process, the CPU of PostgreSQL's processes (from
 * /proc, so Linux only), the rest of the time (waiting for the disk), and the WAL. CPU is what the operating system
 * counted, so that other load on the machine matters little. Then the size of the tables, how fast the ledger is pruned,
 * and how many batches a second one, two and four functions write at once, each round of it with a run of one function.
 *
 * Not measured: TLS and the network, Aurora's storage, Lambda's and Aurora's processors, which are others than this
 * machine's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { BatchCost, LocalRun, Measured } from '../../../infra/plan/measured.ts';
import { LEDGER_RETENTION_DAYS } from '../../../lambda/message/identity.ts';
import { migrate } from '../../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';
import { postgresCpuMs } from './postgres-cpu.ts';
import type { Assignment, Done } from './writer-process.ts';

const SIZES = [
  { events: 1, batches: 400 },
  { events: 10, batches: 400 },
  { events: 100, batches: 150 },
  { events: 1_000, batches: 40 },
  { events: 4_000, batches: 12 },
  { events: 10_000, batches: 6 },
];
const LOCAL = { events: 1_000, batches: 40, functions: [1, 2, 4], rounds: 2 };
const PRUNED = 300_000;

const USAGE = `npm run bench:costs -- [--out FILE]

  --out FILE   also writes the figures to FILE; infra/plan/measured.json is what "npx login-etl plan" reads`;

interface MeasuredDatabase {
  url: string;
  client: pg.Client;
  folder: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean', default: false } } });
  if (values.help) return console.log(USAGE);
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-costs-'));
  chmodSync(folder, 0o755); // root's server runs as nobody, who must get in
  const server = await startPostgres(folder);
  const client = new pg.Client(server.url);
  try {
    await migrate(server.url);
    await client.connect();
    const json = `${JSON.stringify(await measure({ url: server.url, client, folder }), null, 2)}\n`;
    process.stdout.write(json);
    if (values.out) writeFileSync(values.out, json);
  } finally {
    await client.end();
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(database: MeasuredDatabase): Promise<Measured> {
  const batches: BatchCost[] = [];
  for (const size of SIZES) batches.push(await measureSize(database, size));
  const [sizes, postgres] = [await bytesPerEvent(database), await ask(database, 'show server_version')];
  const prunedPerSecond = await measurePruning(database);
  const localRuns = await measureLocalRuns(database);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, PostgreSQL ${postgres}, Node ${process.versions.node}`,
    cores: availableParallelism(),
    batches,
    ...sizes,
    prunedPerSecond,
    localRuns,
  };
}

async function measureSize(
  database: MeasuredDatabase,
  { events, batches }: (typeof SIZES)[number],
): Promise<BatchCost> {
  process.stderr.write(`${events} events\n`);
  const walBefore = Number(await ask(database, "select pg_current_wal_insert_lsn() - '0/0'"));
  const cpuBefore = postgresCpuMs(database.folder);
  const [done] = await runWriters(database, 1, { events, batches });
  const databaseCpuMs = (postgresCpuMs(database.folder) - cpuBefore) / batches;
  const walBytes = (Number(await ask(database, "select pg_current_wal_insert_lsn() - '0/0'")) - walBefore) / batches;
  const functionCpuMs = (done?.cpuMs ?? 0) / batches;
  const waitMs = Math.max(0, (done?.wallMs ?? 0) / batches - functionCpuMs - databaseCpuMs);
  return {
    events,
    functionCpuMs: rounded(functionCpuMs),
    databaseCpuMs: rounded(databaseCpuMs),
    waitMs: rounded(waitMs),
    walBytes: Math.round(walBytes),
  };
}

/** Each child gets ready and waits for the others, so that they write at the same time. */
async function runWriters(
  { url }: MeasuredDatabase,
  functions: number,
  work: Omit<Assignment, 'url'>,
): Promise<Done[]> {
  const children = Array.from({ length: functions }, () => startWriter({ url, ...work }));
  await Promise.all(children.map((child) => once(child, 'message')));
  const results = children.map(async (child) => (await once(child, 'message'))[0] as Done);
  for (const child of children) child.send('go');
  const done = await Promise.all(results);
  for (const child of children) child.disconnect();
  return done;
}

/** Its stdout is read and thrown away: the handler writes its log and metrics at the price it pays on Lambda. */
function startWriter(assignment: Assignment): ChildProcess {
  const child = fork(join(import.meta.dirname, 'writer-process.ts'), {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.resume();
  child.send(assignment);
  return child;
}

async function bytesPerEvent(database: MeasuredDatabase) {
  const per = async (table: string) =>
    Math.round(
      Number(await ask(database, `select pg_total_relation_size('${table}')::float / (select count(*) from ${table})`)),
    );
  return { rowBytes: await per('user_logins'), ledgerBytes: await per('ingest_ledger') };
}

async function measurePruning(database: MeasuredDatabase): Promise<number> {
  process.stderr.write('pruning\n');
  await database.client.query(
    `insert into ingest_ledger (sent_at, message_id)
     select now() - interval '${LEDGER_RETENTION_DAYS + 2} days' + i * interval '10 ms', gen_random_uuid()
     from generate_series(1, $1::integer) as i`,
    [PRUNED],
  );
  const startedAt = performance.now();
  await database.client.query('call prune_ingest_ledger()');
  return Math.round((PRUNED / (performance.now() - startedAt)) * 1_000);
}

/** The best of the rounds: what else the machine does can only slow one down. */
async function measureLocalRuns(database: MeasuredDatabase): Promise<LocalRun[]> {
  const best = new Map(LOCAL.functions.map((functions) => [functions, 0]));
  for (let round = 0; round < LOCAL.rounds; round++) {
    for (const functions of LOCAL.functions) {
      process.stderr.write(`${functions} functions at once\n`);
      const done = await runWriters(database, functions, LOCAL);
      const seconds = Math.max(...done.map(({ wallMs }) => wallMs)) / 1_000;
      best.set(functions, Math.max(best.get(functions) ?? 0, (functions * LOCAL.batches) / seconds));
    }
  }
  return LOCAL.functions.map((functions) => ({
    functions,
    events: LOCAL.events,
    batchesPerSecond: rounded(best.get(functions) ?? 0),
  }));
}

async function ask({ client }: MeasuredDatabase, question: string): Promise<unknown> {
  const { rows } = await client.query({ text: question, rowMode: 'array' });
  return rows[0]?.[0];
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

await main();
