import { readdirSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMaintenance } from '../../lambda/maintain-handler.ts';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import type { Timeouts } from '../../lambda/store/connection/connection.ts';
import { keepTrying } from '../../lambda/store/connection/keep-trying.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { createStore, type Store } from '../../lambda/store/store.ts';
import { createDatabase } from '../support/database.ts';
import { startLateServer } from '../support/late-server.ts';
import { loginRow, writeRows } from '../support/write-rows.ts';
import { type PgBouncerOptions, startPgBouncer } from './support/pgbouncer.ts';

const ALL = readdirSync('lambda/store/schema/migrations').map((file) => file.replace('.sql', ''));
const TRANSACTION_MODE = /connection pooler in transaction mode/;
const [STORED, DUPLICATE] = [{ kind: 'stored' }, { kind: 'duplicate' }];

async function through(url: string, options: PgBouncerOptions): Promise<string> {
  const pooler = await startPgBouncer(url, options);
  onTestFinished(pooler.stop);
  return pooler.url;
}

function openStore(connectionString: string, timeouts: Partial<Timeouts> = {}): Store {
  const { checks, kids } = createMasker('k1', deriveMaskKeys(Buffer.alloc(32, 'any key will do for these tests')));
  const store = createStore({ database: { connectionString }, keyChecks: checks, kids, timeouts });
  onTestFinished(() => store.close());
  return store;
}

/** What a session has that was not there when it was opened; PgBouncer itself sets the settings that are left out. */
const SESSION = `
  select pg_backend_pid() as pid, pg_my_temp_schema()::integer as temporary,
         (select count(*)::integer from pg_prepared_statements) as statements,
         current_setting('transaction_isolation') as isolation,
         (select json_object_agg(name, setting) from pg_settings
          where source = 'session' and name not in ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
            -- Of a transaction, and begins anew with each, whatever its source says.
            'transaction_isolation')) as settings`;

test('a write leaves nothing behind for the next client of its server connection', async () => {
  const { writerUrl, query } = await createDatabase();
  const name = new URL(writerUrl).pathname.slice(1);
  await query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
  const url = await through(writerUrl, { mode: 'transaction', poolSize: 1 });
  const session = () => withClient(url, async (client) => (await client.query(SESSION)).rows);
  const before = await session();
  const store = openStore(url);
  const rows = [loginRow(), loginRow()];
  expect(await writeRows(store, rows.slice(0, 1))).toEqual([STORED]);
  expect(await writeRows(store, rows)).toEqual([DUPLICATE, STORED]);
  const refused = { ...loginRow(), device_type: 'x'.repeat(33) };
  expect(await writeRows(store, [...rows, refused])).toMatchObject([DUPLICATE, DUPLICATE, { kind: 'rejected' }]);
  expect(await session()).toEqual(before);
});

test.for(['session', 'transaction'] as const)(
  'in %s mode a write that takes too long is ended by the server',
  async (mode) => {
    const { writerUrl, query } = await createDatabase();
    const store = openStore(await through(writerUrl, { mode, poolSize: 3 }), { statementMs: 200 });
    const known = loginRow();
    expect(await writeRows(store, [known])).toEqual([STORED]);
    await query('begin; lock table user_logins in access exclusive mode');
    const timedOut = { kind: 'retry', reason: 'database 57014' };
    expect(await writeRows(store, [loginRow()])).toEqual([timedOut]);
    expect(await writeRows(store, [known, loginRow()])).toEqual([timedOut, timedOut]);
    await query('rollback');
    expect(await writeRows(store, [known, loginRow()])).toEqual([DUPLICATE, STORED]);
  },
);

describe('a job in session mode', () => {
  test.for([1, 3])('does its work, in a pool of %i', async (poolSize) => {
    const { url } = await createDatabase('empty');
    const pooled = await through(url, { mode: 'session', poolSize });
    expect(await migrate(pooled, { lock_timeout: 10_000, statement_timeout: 10_000 })).toEqual(ALL);
    expect(await migrate(pooled)).toEqual([]);
  });

  test('waits for a database that is away, which PgBouncer reports in its own words', async () => {
    const { url } = await createDatabase('empty');
    const late = await startLateServer(url, 'refuses');
    const pooled = await through(late.through(url), { mode: 'session', poolSize: 1 });
    const said: string[] = [];
    const migrating = keepTrying(() => migrate(pooled), { seconds: 60, say: (line) => said.push(line) });
    await expect.poll(() => said, { timeout: 30_000 }).toEqual([expect.stringMatching(/\((08P01|connection)\)/)]);
    await late.arrive();
    expect(await migrating).toEqual(ALL);
  });
});

describe('a job in transaction mode stops before it takes a lock', () => {
  test.for([
    [1, 0],
    [3, 0],
    [3, 1],
  ] as const)('in a pool of %i, round robin %i', async ([poolSize, server_round_robin]) => {
    const { url, query } = await createDatabase('empty');
    const pooled = await through(url, { mode: 'transaction', poolSize, settings: { server_round_robin } });
    await expect(migrate(pooled)).rejects.toThrow(TRANSACTION_MODE);
    // Also where the pool has connections to choose from.
    const hold = () => withClient(pooled, (client) => client.query('select pg_sleep(0.1)'));
    await Promise.all(Array.from({ length: 6 }, hold));
    await expect(migrate(pooled)).rejects.toThrow(TRANSACTION_MODE);
    expect(
      await query(
        "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([]);
    expect(await query("select to_regclass('user_logins') as made")).toEqual([{ made: null }]);
  });

  test('also as the maintenance of a deployment', async () => {
    const { maintainerUrl } = await createDatabase();
    const DATABASE_URL = await through(maintainerUrl, { mode: 'transaction', poolSize: 3 });
    await expect(createMaintenance({ DATABASE_URL })()).rejects.toThrow(TRANSACTION_MODE);
  });
});
