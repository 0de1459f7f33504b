import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createMaintenance } from '../../lambda/maintain-handler.ts';
import { createMigration } from '../../lambda/migrate-handler.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { migrateAsOwner } from '../../lambda/store/schema/migrate-as-owner.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { connectTo, createDatabase, untilWaiting } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { OWNER, type Rds, startRds } from '../support/rds.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const ALL = readdirSync('lambda/store/schema/migrations').map((file) => file.replace('.sql', ''));
/** One attempt. */
const AT_ONCE = { patience: { seconds: 0, say() {} }, erasesByAge: false };
const TOKEN_ROLES = [
  'login_adopter',
  'login_analyst',
  'login_eraser',
  'login_maintainer',
  'login_owner',
  'login_recoverer',
  'login_rekeyer',
  'login_writer',
];

const settings = (rds: Rds) => ({ DATABASE_URL: rds.urlFor(OWNER) });

/** A cluster that was just made, and the credentials from which a function signs its tokens. */
async function startCluster(master?: Parameters<typeof startRds>[0]): Promise<Rds> {
  stubAwsEnvironment();
  return startRds(master);
}

/** Past the front, where the server trusts everybody. */
const asOwner = (rds: Rds) => Object.assign(new URL(rds.urlOf('login_etl')), { username: OWNER }).href;

async function tokenRoles(rds: Rds): Promise<string[]> {
  const { rows } = await rds.query(`
    select distinct member::regrole::text as name from pg_auth_members
    where roleid = to_regrole('rds_iam') and member <> to_regrole('rds_superuser') order by 1`);
  return rows.map(({ name }) => name);
}

describe('on a cluster that was just made', () => {
  test('the owner logs in with a token, and lets the other roles do so', async () => {
    const rds = await startCluster();
    expect(await createMigration(settings(rds))()).toEqual({ applied: ALL });
    expect(await tokenRoles(rds)).toEqual(TOKEN_ROLES);
    expect(await createMigration(settings(rds))()).toEqual({ applied: [] });
    expect(await tokenRoles(rds)).toEqual(TOKEN_ROLES);
  });

  test('the first run lets the function in, and the maintenance, each with a token for each connection', async () => {
    const rds = await startCluster();
    const env = { DATABASE_LOGIN: 'iam' };
    const lambda = createFunction(rds.urlFor('login_writer'), env);
    const reason = 'retry database 28000';
    expect((await lambda.invoke([sqsRecord(VALID_BODY)])).outcomes).toEqual([reason]);
    await createMigration(settings(rds))();
    expect((await lambda.invoke([sqsRecord(VALID_BODY)])).outcomes).toEqual(['stored']);
    await createMaintenance({ ...env, DATABASE_URL: rds.urlFor('login_maintainer') })();
    const users = rds.logins.filter(({ user }) => user !== OWNER).map(({ user }) => user);
    expect(users).toEqual(['login_writer', 'login_writer', 'login_maintainer']);
  });

  test('the maintenance may erase by age while the stage has the setting, and the audit takes it for granted', async () => {
    const rds = await startCluster();
    const mayErase = async () => {
      const sql = `select pg_has_role('login_maintainer', 'login_eraser', 'usage') as allowed`;
      return (await rds.query(sql)).rows[0].allowed;
    };
    await createMigration(settings(rds))();
    expect(await mayErase()).toBe(false);
    for (const days of ['400', '500']) {
      await createMigration({ ...settings(rds), ERASE_AFTER_DAYS: days })();
      expect(await mayErase()).toBe(true);
    }
    await createMigration(settings(rds))();
    expect(await mayErase()).toBe(false);
  });

  test('npx login-etl migrate never uses a password', async () => {
    const rds = await startCluster();
    expect(await migrate(asOwner(rds))).toEqual(ALL);
    expect(await tokenRoles(rds)).toEqual([OWNER]);
  });
});

test('an older release leaves a newer schema alone, and lets the roles in', async () => {
  const rds = await startCluster();
  await migrate(asOwner(rds));
  const owner = await connectTo(asOwner(rds));
  await owner.query("insert into login_etl_migrations (name, run_on) values ('000099_of-a-newer-release', now())");
  expect(await createMigration(settings(rds))()).toEqual({ applied: [] });
  expect(await tokenRoles(rds)).toEqual(TOKEN_ROLES);
});

describe('a run that fails', () => {
  /** What a deployment shows of it. */
  async function failureOf(run: Promise<unknown>): Promise<string> {
    const failure = await run.then(
      () => new Error('it did not fail'),
      (error) => error,
    );
    expect(failure).toMatchObject({ name: 'JobError' });
    expect(failure).not.toHaveProperty('cause');
    expect(failure.message).toMatch(/^The database was not migrated: [^\n]+\.$/);
    return failure.message;
  }

  test('for an owner that has a password says so, and not what it logged in with', async () => {
    const rds = await startCluster('password');
    const message = await failureOf(createMigration(settings(rds))());
    expect(message).toContain(`password authentication failed for user "${OWNER}"`);
    expect(message).not.toContain('Action=connect');
  });

  test('for a table of other columns names the difference', async () => {
    const { url, query } = await createDatabase('empty');
    await query('create table user_logins (user_id integer)');
    const message = await failureOf(migrateAsOwner({ connectionString: url }, AT_ONCE));
    expect(message).toContain('user_id is integer, not character varying(128)');
  });

  test('for a server that cannot prove its name does not send a token', async () => {
    const rds = await startCluster();
    const url = Object.assign(new URL(rds.urlFor(OWNER)), { hostname: '127.0.0.1' });
    await failureOf(createMigration({ ...settings(rds), DATABASE_URL: url.href })());
    expect(rds.logins).toEqual([]);
  });

  test('because there is no server says so', async () => {
    const nobody = `postgres://${OWNER}@127.0.0.1:1/login_etl?sslmode=verify-full`;
    stubAwsEnvironment();
    const run = createMigration({ DATABASE_URL: nobody }, 0)();
    expect(await failureOf(run)).toContain('ECONNREFUSED');
  });

  test('for a server that says nothing ends within seconds', async () => {
    const port = await startSilentServer();
    const silent = `postgres://${OWNER}@127.0.0.1:${port}/login_etl?sslmode=verify-full`;
    stubAwsEnvironment();
    const run = createMigration({ DATABASE_URL: silent }, 0)();
    expect(await failureOf(run)).toContain('timeout expired');
  });

  test('for a connection that the server ends says so, and the process lives on', async () => {
    const { url, query } = await createDatabase('empty');
    await query(`select pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
    const failure = failureOf(migrateAsOwner({ connectionString: url }, AT_ONCE));
    await untilWaiting(1, url, query);
    await query(
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    expect(await failure).toContain('terminating connection due to administrator command');
  });

  test.for([
    ['lock_timeout', 'canceling statement due to lock timeout'],
    ['statement_timeout', 'canceling statement due to statement timeout'],
    ['query_timeout', 'Query read timeout'],
  ] as const)('for the %s, as when another one never ends, says so', async ([limit, reason]) => {
    const { url, query } = await createDatabase('empty');
    await query(`select pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
    const limits = { lock_timeout: 5_000, statement_timeout: 5_000, query_timeout: 5_000, [limit]: 200 };
    const run = migrateAsOwner({ connectionString: url }, { ...AT_ONCE, limits });
    expect(await failureOf(run)).toContain(reason);
  });
});

test('settings that are missing or wrong are all named at once', async () => {
  await expect(createMigration({})()).rejects.toThrow('DATABASE_URL is missing');
  const DATABASE_URL = `postgres://${OWNER}:canary@host/login_etl`;
  const run = createMigration({ DATABASE_URL, DATABASE_LOGIN: 'password', ERASE_AFTER_DAYS: '21' })();
  await expect(run).rejects.toMatchObject({ name: 'ConfigError', problems: { length: 3 } });
  await expect(run).rejects.not.toThrow('canary');
});

async function startSilentServer(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
