import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { type DatabaseUrl, parseDatabaseUrl, withPassword } from '../../lambda/store/connection/database.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { createStore, type Store } from '../../lambda/store/store.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { makeCertificate } from '../support/certificates.ts';
import { createDatabase, onServer, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { startProxyOfTest } from '../support/proxy-of-test.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { loginRow, writeRows } from '../support/write-rows.ts';

const masker = createMasker('k1', deriveMaskKeys(Buffer.alloc(32, 'any key will do for these tests')));
const ROW = loginRow();

function partsOf(url: string): DatabaseUrl {
  const parsed = parseDatabaseUrl(url);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.parts;
}

function openStore(url: string, password: () => Promise<string>): Store {
  const store = createStore({
    database: withPassword(partsOf(url), password),
    keyChecks: masker.checks,
    kids: masker.kids,
  });
  onTestFinished(() => store.close());
  return store;
}

/** A writer of the test's own, whose password may change; the other tests share login_writer. */
async function createWriter(database: TestDatabase) {
  const role = `writer_${randomBytes(6).toString('hex')}`;
  await onServer(`create role ${role} login in role login_writer`);
  onTestFinished(() => onServer(`drop role ${role}`));
  const url = Object.assign(new URL(database.url), { username: role, password: '' });
  return { url: url.href, setPassword: (password: string) => onServer(`alter role ${role} password '${password}'`) };
}

const endConnections = (database: TestDatabase) =>
  database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'login-etl' and datname = current_database()",
  );

describe('a password that is asked for', () => {
  test('is asked for at each new connection, and not before', async () => {
    const database = await createDatabase();
    const writer = await createWriter(database);
    const password = vi.fn(async () => 'first');
    const store = openStore(writer.url, password);
    await writer.setPassword('first');
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'stored' }]);
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'duplicate' }]);
    expect(password).toHaveBeenCalledTimes(1);
    await writer.setPassword('second');
    password.mockImplementation(async () => 'second');
    await endConnections(database);
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'duplicate' }]);
    expect(password).toHaveBeenCalledTimes(2);
  });

  test('serves one piece of work as well', async () => {
    const database = await createDatabase();
    const writer = await createWriter(database);
    await writer.setPassword('for one');
    const login = withPassword(partsOf(writer.url), async () => 'for one');
    const found = await withClient(login, (client) => client.query('select current_user::text as name'));
    expect(found.rows).toEqual([{ name: new URL(writer.url).username }]);
  });

  test('and is out of reach makes messages wait, and leaves no connection behind', async () => {
    const database = await createDatabase();
    const writer = await createWriter(database);
    await writer.setPassword('there');
    const proxy = await startProxyOfTest(writer.url);
    const password = vi.fn(async () => 'there');
    password.mockRejectedValue(Object.assign(new Error('no token'), { code: 'IAM_TOKEN' }));
    const store = openStore(proxy.through(writer.url), password);
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'retry', reason: 'database IAM_TOKEN' }]);
    await expect.poll(proxy.open).toBe(0);
    expect(proxy.connections()).toBe(1);
    password.mockImplementation(async () => 'there');
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'stored' }]);
  });

  test('and does not come in time makes messages wait', { timeout: 10_000 }, async () => {
    const database = await createDatabase();
    const store = openStore((await createWriter(database)).url, () => new Promise(() => {}));
    expect(await writeRows(store, [ROW])).toEqual([{ kind: 'retry', reason: 'database connection' }]);
  });
});

describe('TLS', () => {
  /** The function, on a database behind TLS for `localhost`, which the URL asks for in another way. */
  async function createBehindTls(change: (url: URL, other: { authority: string }) => void) {
    const database = await createDatabase();
    const certificate = makeCertificate('localhost');
    const front = await startTlsFront(database.writerUrl, { certificate });
    const url = Object.assign(new URL(database.writerUrl), { hostname: 'localhost', port: front.port });
    url.searchParams.set('sslmode', 'verify-full');
    url.searchParams.set('sslrootcert', certificate.authority);
    change(url, makeCertificate('localhost'));
    return { database, front, lambda: createFunction(url.href) };
  }

  test('is used with a server that proves its name', async () => {
    const { lambda, front } = await createBehindTls(() => {});
    expect((await lambda.invoke([sqsRecord(VALID_BODY)])).outcomes).toEqual(['stored']);
    expect(front.received()).toBeGreaterThan(0);
  });

  test.for([
    [
      'has a certificate of another authority',
      (url: URL, other: { authority: string }) => url.searchParams.set('sslrootcert', other.authority),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'has one that nobody knows',
      (url: URL) => url.searchParams.delete('sslrootcert'),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'has one for another host',
      (url: URL) => {
        url.hostname = '127.0.0.1';
      },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ] as const)('refuses a server that %s, and tells it nothing', async ([, change, code]) => {
    const { lambda, front, database } = await createBehindTls(change);
    expect((await lambda.invoke([sqsRecord(VALID_BODY)])).outcomes).toEqual([`retry database ${code}`]);
    expect(front.received()).toBe(0);
    expect(await database.query('select from user_logins')).toEqual([]);
  });
});

describe('a token', () => {
  test('that cannot be signed makes messages wait', async () => {
    const database = await createDatabase();
    const certificate = makeCertificate('localhost');
    const { port } = await startTlsFront(database.writerUrl, { certificate });
    stubAwsEnvironment({
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_PROFILE: '',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    const tls = `sslmode=verify-full&sslrootcert=${certificate.authority}`;
    const url = `postgres://login_writer@localhost:${port}${new URL(database.url).pathname}?${tls}`;
    const lambda = createFunction(url, { DATABASE_LOGIN: 'iam' });
    expect((await lambda.invoke([sqsRecord(VALID_BODY), sqsRecord('{')])).outcomes).toEqual([
      'retry database IAM_TOKEN',
      'rejected not_json',
    ]);
  });
});
