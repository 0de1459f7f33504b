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
  /** @throws AssertionError when the handler and the floor do not hold the same rows */
  verifyAlike(): Promise<void>;
  close(): Promise<void>;
}

const ROWS = `
  select user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date::text
  from user_logins order by user_id`;
/** As if the ledger had been filling until just now, at 100 events per second. */
const FILL_LEDGER = `
  insert into ingest_ledger (sent_at, message_id)
  select now() - interval '10 s' - i * interval '10 ms', gen_random_uuid() from generate_series($1::integer, 1, -1) as i`;

export async function createDatabases(
  ids: readonly ContestantId[],
  serverUrl: string,
  ledgerEntries: number,
): Promise<Databases> {
  const admin = await connect(serverUrl);
  const clients = new Map<ContestantId, pg.Client>();
  const url = (id: ContestantId) => Object.assign(new URL(serverUrl), { pathname: `/bench-${id}` }).href;
  for (const id of ids) {
    await admin.query(`create database ${pg.escapeIdentifier(`bench-${id}`)}`);
    await migrate(url(id));
    clients.set(id, await connect(url(id)));
  }
  const handlers = clients.get('handler') as pg.Client;
  await handlers.query(FILL_LEDGER, [ledgerEntries]);
  // What an autovacuum would do in the middle of the run otherwise.
  await handlers.query('vacuum analyze ingest_ledger');
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
      const entries = (await count(handlers, 'ingest_ledger')) - ledgerEntries;
      assert.equal(entries, expected.get('handler'), 'ledger entries of handler');
    },
    async verifyAlike() {
      const [floor, handler] = [clients.get('floor') as pg.Client, handlers];
      assert.deepEqual((await handler.query(ROWS)).rows, (await floor.query(ROWS)).rows);
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
