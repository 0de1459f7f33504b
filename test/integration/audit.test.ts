import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { listedGrants } from '../../lambda/jobs/audit/grants.ts';
import { readGrants } from '../../lambda/jobs/audit/read-grants.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { startOwnServer } from '../support/own-server.ts';
import { runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const runAudit = (url: string, ...options: string[]) =>
  runLoginEtl(['audit', ...options], { env: { DATABASE_URL: url } });

/** With two rows of the function's. */
async function createWritten(): Promise<TestDatabase> {
  const database = await createDatabase();
  const records = [sqsRecord(VALID_BODY), sqsRecord({ ...VALID_BODY, ip: 'not an address', device_id: null })];
  await createFunction(database.writerUrl).invoke(records);
  return database;
}

const insertIp = (database: TestDatabase, value: string) =>
  database.query('insert into user_logins (masked_ip) values ($1)', [value]);

test('the list of grants is what the migrations grant, no more and no less', async () => {
  const database = await createDatabase();
  const found = await readGrants(await connectTo(database.url));
  const texts = (grants: readonly object[]) => grants.map((grant) => JSON.stringify(grant)).sort();
  expect(texts(found)).toEqual(texts(listedGrants().map((grant) => ({ ...grant, canPassOn: false }))));
});

test('a database that the function alone has written has no findings, for whoever may look', async () => {
  const database = await createWritten();
  for (const url of [database.url, database.analystUrl]) {
    const { exitCode, json } = await runAudit(url, '--json');
    expect({ exitCode, findings: json.findings }).toEqual({ exitCode: 0, findings: 0 });
    expect(json.forms).toEqual({ masked_ip: { k1: 1, k1t: 1 }, masked_device_id: { k1: 1, null: 1 } });
  }
});

test('an empty database has no findings', async () => {
  const database = await createDatabase();
  const { exitCode, stdout } = await runAudit(database.url);
  expect(stdout).toContain('No key is in use yet.');
  expect(exitCode).toBe(0);
});

/** What stands where pseudonyms belong, and the form that it is counted as. */
const WRONG: readonly (readonly [value: string, form: string])[] = [
  ['203.0.113.77', 'ipv4'],
  ['203.0.113.77:443, 198.51.100.4', 'ipv4'],
  ['2001:db8::17', 'ipv6'],
  ['::ffff:203.0.113.77', 'ipv4'],
  ['[2001:db8:1:2:3:4:5:6]:443', 'ipv6'],
  ['fe80::1%eth0', 'ipv6'],
  ['593-47-5928', 'nine digits'],
  ['593475928', 'nine digits'],
  ['8b6c1f0e-3f5d-4c7e-9a54-1d2f6f0f9b11', 'uuid'],
  ['4f00c1a807b673887c7af517d0df68e6b41aecf8cbec26c71fe4c580664669ed', 'hex hash'],
  ['4F00C1A807B673887C7AF517D0DF68E6', 'hex hash'],
  ['TwDBqAe2c4h8evUX0N9o5rQa7PjL7CbHH+TFgGZGae0=', 'base64 hash'],
  ['TwDBqAe2c4h8evUX0N9o5rQa7PjL7CbHH-TFgGZGae0', 'base64 hash'],
  ['', 'other'],
  ['None', 'other'],
  ['02:00:00:00:00:01', 'other'],
  ['k1_16fa6ba94aa27df361254da966fb2fd', 'other'],
  ['k1_16fa6ba94aa27df361254da966fb2fd9a', 'other'],
  ['k1_16FA6BA94AA27DF361254DA966FB2FD9', 'other'],
  [' k1_16fa6ba94aa27df361254da966fb2fd9', 'other'],
];

describe('values that are not pseudonyms', () => {
  test('are counted by what they look like, and found, and never printed', async () => {
    const database = await createWritten();
    for (const [value] of WRONG) await insertIp(database, value);
    const { json, stdout, stderr, exitCode } = await runAudit(database.url, '--json', '--rows');
    expect(exitCode).toBe(3);
    const stored = await database.query<{ ctid: string; value: string }>(
      'select ctid::text, masked_ip as value from user_logins',
    );
    const values = new Map(stored.map(({ ctid, value }) => [ctid, value]));
    const found: { ctid: string; form: string }[] = json.found;
    expect(found.map(({ ctid, form }) => [values.get(ctid), form]).sort()).toEqual([...WRONG].sort());
    for (const { values, form } of json.wrong) {
      expect({ form, values }).toEqual({ form, values: WRONG.filter(([, one]) => one === form).length });
    }
    const forPeople = await runAudit(database.url, '--rows');
    for (const [value] of WRONG.filter(([text]) => text.length > 4)) {
      expect(stdout + stderr + forPeople.stdout + forPeople.stderr).not.toContain(value);
    }
  });

  test('a pseudonym of text is one in masked_ip alone', async () => {
    const database = await createWritten();
    await database.query('update user_logins set masked_device_id = masked_ip');
    const { json } = await runAudit(database.url, '--json');
    expect(json.wrong).toEqual([{ column: 'masked_device_id', form: 'other', why: 'not a pseudonym', values: 1 }]);
  });

  test('addresses in other columns are found, those of an adopted table too', async () => {
    const database = await createWritten();
    await database.query(`
      alter table user_logins add column raw_ip inet, add column body jsonb, add column "; select" text;
      update user_logins set user_id = 'from 203.0.113.77', locale = '203.0.113.77', device_type = '1.2.3',
        raw_ip = '::1', body = '{"ip": "203.0.113.77"}', "; select" = '203.0.113.77:80'`);
    const { json } = await runAudit(database.url, '--json', '--rows');
    const inColumn = (column: string) => ({ column, form: 'ipv4', why: 'not a pseudonym', values: 2 });
    expect(json.wrong).toEqual(['user_id', 'locale', 'raw_ip', 'body', '; select'].map(inColumn));
    expect(json.found).toHaveLength(10);
  });

  test('places are at most a hundred', async () => {
    const database = await createWritten();
    await database.query("insert into user_logins (masked_ip) select 'x' from generate_series(1, 150)");
    const { json } = await runAudit(database.url, '--json', '--rows');
    expect(json.wrong[0].values).toBe(150);
    expect(json.found).toHaveLength(100);
  });
});

describe('pseudonyms', () => {
  const K2 = `k2_${'0'.repeat(32)}`;
  const wrongAfter = async (database: TestDatabase) => (await runAudit(database.url, '--json')).json.wrong;

  test('of a key that the database does not know are found', async () => {
    const database = await createWritten();
    await insertIp(database, K2);
    expect(await wrongAfter(database)).toEqual([{ column: 'masked_ip', form: 'k2', why: 'unknown key', values: 1 }]);
  });

  test('of two keys are right while a rotation is open, and wrong outside of one', async () => {
    const database = await createWritten();
    await insertIp(database, K2);
    await database.query("insert into mask_keys (name, check_value) values ('k2', '00000000')");
    await database.query("update mask_state set next_kid = 'k2'");
    expect(await wrongAfter(database)).toEqual([]);
    await database.query("update mask_state set kid = 'k2', next_kid = null");
    const old = { why: 'old key', values: 1 };
    expect(await wrongAfter(database)).toEqual([
      { column: 'masked_ip', form: 'k1', ...old },
      { column: 'masked_ip', form: 'k1t', ...old },
      { column: 'masked_device_id', form: 'k1', ...old },
    ]);
  });
});

describe('rights beyond the list', () => {
  /** With the roles that it grants something to. */
  async function accessAfter(sql: string) {
    const database = await createWritten();
    await database.query(sql);
    const { json, exitCode } = await runAudit(database.url, '--json');
    return { ...json.access, exitCode };
  }
  const found = (role: string, privilege: string, object: string, column: string | null = null, canPassOn = false) => ({
    role,
    object,
    column,
    privilege,
    canPassOn,
  });

  test.each([
    ['grant select on user_logins to login_writer', found('login_writer', 'select', 'user_logins')],
    ['grant update (kid) on mask_state to login_writer', found('login_writer', 'update', 'mask_state', 'kid')],
    ['grant select on user_logins to public', found('public', 'select', 'user_logins')],
    [
      'grant select (user_id) on user_logins to login_rekeyer',
      found('login_rekeyer', 'select', 'user_logins', 'user_id'),
    ],
    ['grant select on mask_keys to login_analyst', found('login_analyst', 'select', 'mask_keys')],
    ['grant delete on ingest_ledger to login_analyst', found('login_analyst', 'delete', 'ingest_ledger')],
    ['grant select on login_etl_migrations to login_analyst', found('login_analyst', 'select', 'login_etl_migrations')],
    ['grant execute on function mask_guard to public', found('public', 'execute', 'mask_guard()')],
    [
      'grant insert on user_logins to login_writer with grant option',
      found('login_writer', 'insert', 'user_logins', null, true),
    ],
  ])('%s', async (sql, grant) => {
    expect(await accessAfter(sql)).toMatchObject({ exitCode: 3, grants: [grant] });
  });

  test('are found on partitions as on the whole table', async () => {
    const database = await createWritten();
    await database.query(readFileSync('lambda/store/schema/by-hand/partition-user-logins.sql', 'utf8'));
    expect((await runAudit(database.url, '--json')).json.access.grants).toEqual([]);
    await database.query('grant delete on user_logins_of_no_month to login_writer');
    const { json } = await runAudit(database.url, '--json');
    expect(json.access.grants).toEqual([found('login_writer', 'delete', 'user_logins')]);
  });

  test('of roles: memberships and attributes are found, readers and members are told', async () => {
    const server = await startOwnServer();
    await server.query('create database logins');
    const url = server.urlOf('logins');
    await migrate(url);
    await server.query(`
      create role reporting; create role boss; create role everywhere;
      grant login_analyst to login_writer;
      grant pg_write_all_data to login_maintainer;
      grant login_writer to boss;
      grant pg_read_all_data to everywhere;
      alter role login_rekeyer createrole`);
    const client = await connectTo(url);
    await client.query('grant select on user_logins to reporting');
    const { json, exitCode } = await runAudit(url, '--json');
    expect(json.access).toEqual({
      grants: [],
      memberships: [
        { member: 'login_maintainer', role: 'pg_write_all_data' },
        { member: 'login_writer', role: 'login_analyst' },
      ],
      attributes: [{ role: 'login_rekeyer', attribute: 'createrole' }],
      readers: ['reporting'],
      members: [
        { member: 'boss', role: 'login_writer' },
        { member: 'everywhere', role: 'pg_read_all_data' },
      ],
    });
    expect(exitCode).toBe(3);
  });
});

describe('settings by which values reach the log', () => {
  async function settingsAfter(database: TestDatabase, sql: string) {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(sql.replaceAll('THIS', `database ${name}`));
    const { json, exitCode } = await runAudit(database.url, '--json');
    return { findings: json.settings.findings, exitCode };
  }

  test.each([
    ['log_statement', 'all'],
    ['log_statement', 'mod'],
    ['log_min_duration_statement', '0'],
    ['log_transaction_sample_rate', '0.1'],
    ['log_parameter_max_length_on_error', '-1'],
  ])('%s is %s', async (name, value) => {
    const result = await settingsAfter(await createWritten(), `alter THIS set ${name} = '${value}'`);
    expect(result).toEqual({ exitCode: 3, findings: [{ name, value, role: null }] });
  });

  test.each([
    'alter THIS set log_statement = ddl',
    "alter THIS set log_min_duration_statement = '1s'; alter THIS set log_parameter_max_length = 0",
    'alter THIS set log_min_duration_sample = 0; alter THIS set log_statement_sample_rate = 0',
    'alter THIS set auto_explain.log_min_duration = 0; alter THIS set auto_explain.log_parameter_max_length = 0',
    'alter THIS set pgaudit.log_parameter = on; alter THIS set pgaudit.log = none',
  ])('no finding: %s', async (sql) => {
    expect(await settingsAfter(await createWritten(), sql)).toEqual({ exitCode: 0, findings: [] });
  });

  test('set for one role, which has the rest from the server', async () => {
    const sql = "alter role login_writer in THIS set log_min_duration_statement = '250ms'";
    const finding = { name: 'log_min_duration_statement', value: '250ms', role: 'login_writer' };
    expect((await settingsAfter(await createWritten(), sql)).findings).toEqual([finding]);
  });

  test('of modules, wherever they are set', async () => {
    const sql = `
      alter THIS set auto_explain.log_min_duration = 0; alter THIS set auto_explain.log_parameter_max_length = 64;
      alter THIS set pgaudit.log_parameter = on; alter THIS set pgaudit.log = write`;
    const { findings } = await settingsAfter(await createWritten(), sql);
    const names = findings.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['auto_explain.log_min_duration', 'pgaudit.log_parameter']);
  });

  test('of refused statements are told, and are no finding', async () => {
    const database = await createWritten();
    const told = 'Refused statements reach the log, without raw values';
    expect((await runAudit(database.url)).stdout).not.toContain(told);
    await settingsAfter(database, 'alter THIS set log_min_error_statement = error');
    const { stdout, exitCode } = await runAudit(database.url);
    expect(stdout).toContain(told);
    expect(exitCode).toBe(0);
  });
});

test('for people an audit is a few short lines, and names cannot make a terminal obey them', async () => {
  const database = await createWritten();
  await database.query(
    `
    alter table user_logins add column "\u001b[2J" text;
    update user_logins set "\u001b[2J" = '203.0.113.77';
    insert into user_logins (masked_ip) values ('593-47-5928');
    insert into user_logins (masked_ip) values ('k2_${'0'.repeat(32)}');
    grant delete on user_logins to public`.replaceAll('\\u001b', '\u001b'),
  );
  const { stdout } = await runAudit(database.url);
  expect(stdout).toBe(`4 rows. The key in use is k1.

  masked_ip         k1 1   k1t 1   k2 1   nine digits 1
  masked_device_id  null 3   k1 1

4 findings:
  In masked_ip, under k2, a key that the database does not know: 1
  In masked_ip, like a number of nine digits: 1
  In \\u001b[2J, like an IPv4 address: 2
  Everybody may delete user_logins
`);
});

test('whoever may not look is told so', async () => {
  const database = await createWritten();
  const { exitCode, stderr } = await runAudit(database.writerUrl);
  expect(stderr).toContain('42501');
  expect(exitCode).toBe(1);
});
