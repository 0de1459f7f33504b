import assert from 'node:assert/strict';
import pg from 'pg';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import type { ContestantId } from './plan.ts';

/** The databases of the contestants: one each, migrated alike, so that each one's rows can be counted. */
export interface Databases {
  url(id: ContestantId): string;
  serverVersion: string;
  checkpoint(): Promise<void>;
  /** @throws AssertionError when a contestant stored another number of rows than it was given */
  verify(expected: ReadonlyMap<ContestantId, number>): Promise<void>;
  /** @throws AssertionError when two contestants do not hold the same rows */
  verifyAlike(ids: readonly ContestantId[]): Promise<void>;
  /** Of the handler. */
  sizes(): Promise<StorageSizes>;
  /** Bytes of write-ahead log that `work` makes. */
  walBytes(work: () => Promise<void>): Promise<number>;
  close(): Promise<void>;
}

/** Bytes on disk, page headers and free space included. */
export interface StorageSizes {
  perRow: number;
  perLedgerEntry: number;
  perLedgerIndexEntry: number;
}

/** A device type that every database of the benchmark refuses. */
export const REFUSED = 'refused';

const ROWS = `
  select user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date::text
  from user_logins order by user_id`;
/** As if the ledger had been filling until just now, at 100 events per second. */
const FILL_LEDGER = `
  insert into ingest_ledger (sent_at, message_id)
  select now() - interval '10 s' - i * interval '10 ms', gen_random_uuid() from generate_series($1::integer, $2::integer, -1) as i`;
const FILL_STEP = 1_000_000;

const SIZES = `
  select pg_relation_size('user_logins')::float / (select count(*) from user_logins) as "perRow",
    pg_relation_size('ingest_ledger')::float / entries as "perLedgerEntry",
    pg_relation_size('ingest_ledger_pkey')::float / entries as "perLedgerIndexEntry"
  from (select count(*) as entries from ingest_ledger) as ledger`;

/** @param ledgers who gets a database, and with how many ledger entries */
export async function createDatabases(
  ledgers: Readonly<Partial<Record<ContestantId, number>>>,
  serverUrl: string,
): Promise<Databases> {
  const admin = await connect(serverUrl);
  const clients = new Map<ContestantId, pg.Client>();
  const url = (id: ContestantId) => Object.assign(new URL(serverUrl), { pathname: `/bench-${id}` }).href;
  for (const [id, ledgerEntries] of Object.entries(ledgers) as [ContestantId, number][]) {
    await admin.query(`create database ${pg.escapeIdentifier(`bench-${id}`)}`);
    await migrate(url(id));
    const client = await connect(url(id));
    clients.set(id, client);
    await client.query(`alter table user_logins add check (device_type <> '${REFUSED}')`);
    for (let left = ledgerEntries; left > 0; left -= FILL_STEP) {
      await client.query(FILL_LEDGER, [left, Math.max(1, left - FILL_STEP + 1)]);
      if (left % 10_000_000 === 0) process.send?.({ progress: `ledger of ${id}: ${left.toLocaleString('en')} to go` });
    }
    // What an autovacuum would do in the middle of the run otherwise.
    await client.query('vacuum (freeze, analyze) ingest_ledger');
  }
  const handlers = clients.get('handler') as pg.Client;
  const walPosition = async () => (await admin.query('select pg_current_wal_insert_lsn() - $$0/0$$ as at')).rows[0].at;
  const count = async (client: pg.Client, table: string) =>
    Number((await client.query(`select count(*) from ${table}`)).rows[0].count);

  return {
    url,
    serverVersion: (await admin.query('show server_version')).rows[0].server_version,
    async checkpoint() {
      await admin.query('checkpoint');
    },
    async verify(expected) {
      for (const [id, client] of clients) {
        assert.equal(await count(client, 'user_logins'), expected.get(id), `rows of ${id}`);
      }
      const entries = (await count(handlers, 'ingest_ledger')) - (ledgers.handler ?? 0);
      assert.equal(entries, expected.get('handler'), 'ledger entries of handler');
    },
    async verifyAlike([first, ...others]) {
      const rowsOf = async (id?: ContestantId) => (await clients.get(id as ContestantId)?.query(ROWS))?.rows;
      const rows = await rowsOf(first);
      for (const id of others) assert.deepEqual(await rowsOf(id), rows, `rows of ${id}`);
    },
    async sizes() {
      const { rows } = await handlers.query(SIZES);
      return rows[0];
    },
    async walBytes(work) {
      const before = await walPosition();
      await work();
      return (await walPosition()) - before;
    },
    async close() {
      for (const client of [admin, ...clients.values()]) await client.end();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}
