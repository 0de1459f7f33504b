import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { createConnection, type Timeouts } from '../../lambda/store/connection/connection.ts';
import { APPLICATION, limitStatements } from '../../lambda/store/connection/session.ts';
import { createStore, type Store } from '../../lambda/store/store.ts';
import { insertRows } from '../../lambda/store/write/insert-rows.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { pending } from '../support/pending.ts';
import { startProxyOfTest } from '../support/proxy-of-test.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { loginRow as row, writeRows } from '../support/write-rows.ts';

const masker = createMasker('k1', deriveMaskKeys(Buffer.alloc(32, 'any key will do for these tests')));
const STORED = [{ kind: 'stored' }];

function openStore(databaseUrl: string, timeouts: Partial<Timeouts> = {}): Store {
  const store = createStore({
    database: { connectionString: databaseUrl },
    keyChecks: masker.checks,
    kids: masker.kids,
    timeouts,
  });
  onTestFinished(() => store.close());
  return store;
}

const killConnections = (database: TestDatabase) =>
  database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'login-etl' and datname = current_database()",
  );

test('a connection that the server ended between two invocations is replaced within the second', async () => {
  const database = await createDatabase();
  const store = openStore(database.writerUrl);
  await writeRows(store, [row()]);
  await killConnections(database);
  expect(await writeRows(store, [row()])).toEqual(STORED);
});

test('a connection that was cut between two invocations is replaced within the second', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl));
  await writeRows(store, [row()]);
  proxy.cut();
  expect(await writeRows(store, [row()])).toEqual(STORED);
  expect(proxy.connections()).toBe(2);
});

test.for([
  ['stored', row(), STORED],
  ['refused', { ...row(), device_type: 'x'.repeat(33) }, [expect.objectContaining({ kind: 'rejected' })]],
] as const)(
  'a connection that died in silence during a long freeze is replaced within the invocation, its last write %s',
  async ([, before, outcome]) => {
    const database = await createDatabase();
    const proxy = await startProxyOfTest(database.writerUrl);
    const store = openStore(proxy.through(database.writerUrl), { idleMs: 0, probeMs: 1_000 });
    expect(await writeRows(store, [before])).toEqual(outcome);
    proxy.setMode('swallow');
    await new Promise((done) => setTimeout(done, 2));
    const written = writeRows(store, [row()]);
    setTimeout(() => proxy.setMode('normal'), 50);
    expect(await written).toEqual(STORED);
  },
);

test('a statement that gets no answer is given up, and its rows are handed back', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl), { statementMs: 1_000, graceMs: 500 });
  await writeRows(store, [row()]);
  proxy.setMode('swallow');
  expect(await writeRows(store, [row()])).toEqual([{ kind: 'retry', reason: 'database connection' }]);
  proxy.setMode('normal');
  expect(await writeRows(store, [row()])).toEqual(STORED);
});

test('a statement that takes too long is ended by the server, and its rows are handed back after one try', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl), { statementMs: 1_000 });
  await writeRows(store, [row()]);
  await database.query('begin');
  await database.query('lock table user_logins in access exclusive mode');
  expect(await writeRows(store, [row()])).toEqual([{ kind: 'retry', reason: 'database 57014' }]);
  expect(proxy.connections()).toBe(1);
  await database.query('rollback');
  expect(await writeRows(store, [row()])).toEqual(STORED);
});

test('the same limit holds if a part of the rows is stored already', async () => {
  const database = await createDatabase();
  const store = openStore(database.writerUrl, { statementMs: 1_000 });
  const known = row();
  await writeRows(store, [known]);
  await database.query('begin');
  await database.query('lock table user_logins in access exclusive mode');
  const timedOut = { kind: 'retry', reason: 'database 57014' };
  expect(await writeRows(store, [known, row()])).toEqual([timedOut, timedOut]);
  await database.query('rollback');
});

test('a refused row beside a stored one costs no new connection', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl));
  const known = row();
  await writeRows(store, [known]);
  const refused = { ...row(), device_type: 'x'.repeat(33) };
  expect(await writeRows(store, [known, refused, row()])).toEqual([
    { kind: 'duplicate' },
    { kind: 'rejected', reason: 'refused 22001' },
    ...STORED,
  ]);
  expect(proxy.connections()).toBe(1);
});

test('a write leaves nothing behind in the session, which may be shared through a pooler', async () => {
  const database = await createDatabase();
  const client = await connectTo(database.writerUrl);
  const session = `
    select (select count(*)::int from pg_prepared_statements) as statements, pg_my_temp_schema()::int as temporary,
           (select json_object_agg(name, setting) from pg_settings where source = 'session') as settings`;
  const before = (await client.query(session)).rows;
  const known = row();
  const first = [limitStatements(1_000)];
  expect(await insertRows(client, pending([known]), { first })).toEqual(STORED);
  expect(await insertRows(client, pending([known, row()]), { first })).toEqual([{ kind: 'duplicate' }, ...STORED]);
  await expect(insertRows(client, pending([{ ...row(), device_type: 'x'.repeat(33) }]), { first })).rejects.toThrow();
  expect((await client.query(session)).rows).toEqual(before);
});

test('a transaction whose client has died unnoticed does not hold up its messages', async () => {
  const database = await createDatabase();
  const held = row();
  const dead = new pg.Client({ connectionString: database.writerUrl, application_name: APPLICATION });
  dead.on('error', () => {});
  await dead.connect();
  await dead.query('begin');
  await insertRows(dead, pending([held]));
  const store = openStore(database.writerUrl, { statementMs: 300, graceMs: 100 });
  const inTurn = [held, row()].sort((a, b) => a.sent_at - b.sent_at);
  await expect.poll(() => writeRows(store, inTurn)).toEqual([...STORED, ...STORED]);
});

test('a COPY whose client has died unnoticed does not hold up its messages', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const held = row();
  const dead = new pg.Client({ connectionString: proxy.through(database.writerUrl), application_name: APPLICATION });
  dead.on('error', () => {});
  await dead.connect();
  proxy.abandonAtSecondCopy();
  await insertRows(dead, pending([held])).catch(() => {});
  const waiting = "select from pg_stat_activity where wait_event = 'ClientRead' and state = 'active'";
  await expect.poll(() => database.query(waiting)).toHaveLength(1);
  const store = openStore(database.writerUrl, { statementMs: 300, graceMs: 100 });
  const another = row();
  const inTurn = [held, another].sort((a, b) => a.sent_at - b.sent_at);
  // Its age is that of a statement that takes too long, and then it is ended by the next connection.
  await expect.poll(() => writeRows(store, inTurn)).toEqual([...STORED, ...STORED]);
});

test('the server is to notice within the minute that the function is gone', async () => {
  const database = await createDatabase();
  const connection = createConnection({ database: { connectionString: database.writerUrl }, keyChecks: masker.checks });
  onTestFinished(() => connection.close());
  const settings = ['idle', 'interval', 'count'].map((name) => `current_setting('tcp_keepalives_${name}')::int`);
  const { rows } = await connection.run((client) =>
    client.query(`select ${settings[0]} + ${settings[1]} * ${settings[2]} as s`),
  );
  expect(rows).toEqual([{ s: 40 }]);
});

test('the deadline of one invocation does not cut the connection of the next', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl), { connectMs: 1_000 });
  await writeRows(store, [row()]);
  const deadline = performance.now() + 3_000;
  await writeRows(store, [row()], deadline);
  await new Promise((done) => setTimeout(done, deadline + 100 - performance.now()));
  expect(await writeRows(store, [row()])).toEqual(STORED);
  expect(proxy.connections()).toBe(1);
});

test('if there may not be time to open a connection, none is opened', async () => {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const store = openStore(proxy.through(database.writerUrl), { connectMs: 5_000 });
  const outOfTime = [{ kind: 'retry', reason: 'database OUT_OF_TIME' }];
  expect(await writeRows(store, [row()], performance.now() + 4_000)).toEqual(outOfTime);
  expect(proxy.connections()).toBe(0);
});

test.each([
  ['nobody listens', 'postgres://login_writer:x@127.0.0.1:1/postgres', 'database ECONNREFUSED'],
  [
    'the host has no address',
    'postgres://login_writer:x@no-such-host.invalid/postgres',
    expect.stringMatching(/^database E/),
  ],
])('when %s every message is handed back', async (_, url, reason) => {
  expect(await writeRows(openStore(url), [row(), row()])).toEqual(Array(2).fill({ kind: 'retry', reason }));
});

test('a wrong password hands every message back', async () => {
  const url = new URL((await createDatabase()).writerUrl);
  url.password = 'wrong';
  expect(await writeRows(openStore(url.href), [row()])).toEqual([{ kind: 'retry', reason: 'database 28P01' }]);
});

test('one environment holds one connection, whatever is thrown at it', async () => {
  const database = await createDatabase();
  const lambda = createFunction(database.writerUrl);
  await Promise.all(Array.from({ length: 5 }, () => lambda.invoke([sqsRecord(VALID_BODY)])));
  const open = await database.query(
    "select 1 from pg_stat_activity where application_name = 'login-etl' and datname = current_database()",
  );
  expect(open).toHaveLength(1);
});

test('a server that has become read-only, as after a failover, is left for the one that now has its name', async () => {
  const database = await createDatabase();
  const connection = createConnection({ database: { connectionString: database.writerUrl }, keyChecks: masker.checks });
  onTestFinished(() => connection.close());
  await connection.run((client) => client.query('set session characteristics as transaction read only'));
  const insert = `insert into ingest_ledger (sent_at, message_id) values (now(), gen_random_uuid())`;
  await connection.run((client) => client.query(insert));
  expect(await database.query('select count(*)::int from ingest_ledger')).toEqual([{ count: 1 }]);
});
