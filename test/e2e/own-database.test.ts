import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import {
  type EmbeddedPostgres,
  removePostgres,
  startPostgres,
} from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { dataFolder, npmStart, parseResult, runStart } from '../support/npm-start.ts';
import { maskDeviceId, maskIp } from '../support/pseudonyms.ts';
import { VALID_BODY } from '../support/records.ts';

const serverFolder = mkdtempSync(join(tmpdir(), 'login-etl-own-'));
let server: EmbeddedPostgres;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres(serverFolder);
  client = new pg.Client({ connectionString: server.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await server.stop();
  removePostgres(serverFolder);
  rmSync(serverFolder, { recursive: true, force: true });
});

async function freshDatabase(): Promise<string> {
  const name = `own_${randomBytes(4).toString('hex')}`;
  await client.query(`create database ${name}`);
  return Object.assign(new URL(server.url), { pathname: name }).href;
}

async function rowsOf(databaseUrl: string): Promise<Record<string, unknown>[]> {
  const own = new pg.Client({ connectionString: databaseUrl });
  await own.connect();
  const { rows } = await own.query('select * from user_logins');
  await own.end();
  return rows;
}

test('DATABASE_URL and MASK_KEY are used instead of what is embedded and made', async () => {
  const DATABASE_URL = await freshDatabase();
  const master = randomBytes(40);
  const folder = dataFolder();
  const file = join(folder, 'one.json');
  writeFileSync(file, JSON.stringify(VALID_BODY));
  const env = { DATABASE_URL, MASK_KEY: `base64:${master.toString('base64')}` };
  const { code, stdout } = await runStart(['--data', folder, '--json', file], { env });
  expect(code).toBe(0);
  expect(parseResult(stdout)).toMatchObject({ stored: 1, databaseUrl: DATABASE_URL });
  const masker = createMasker('k1', deriveMaskKeys(master));
  expect(await rowsOf(DATABASE_URL)).toEqual([
    expect.objectContaining({
      masked_ip: maskIp(VALID_BODY.ip, masker),
      masked_device_id: maskDeviceId(VALID_BODY.device_id, masker),
    }),
  ]);
});

test('a key that is not the one of the database ends the run in one sentence, with nothing written', async () => {
  const DATABASE_URL = await freshDatabase();
  const key = () => `hex:${randomBytes(32).toString('hex')}`;
  expect((await runStart(['--data', dataFolder()], { env: { DATABASE_URL, MASK_KEY: key() } })).code).toBe(0);
  const before = await rowsOf(DATABASE_URL);
  const { code, stderr } = await runStart(['--data', dataFolder()], { env: { DATABASE_URL, MASK_KEY: key() } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^The mask key is not the one that this database knows as "root"[^\n]+\n$/);
  expect(await rowsOf(DATABASE_URL)).toEqual(before);
});

test('a reason that repeats is named while the run waits, and the run ends when it is gone', async () => {
  const DATABASE_URL = await freshDatabase();
  const name = new URL(DATABASE_URL).pathname.slice(1);
  await migrate(DATABASE_URL);
  await client.query(`alter database ${name} set default_transaction_read_only = on`);
  const env = { DATABASE_URL, RETRY_WAIT_SECONDS: '1', RETRY_WAIT_MAX_SECONDS: '1' };
  const started = npmStart(['--data', dataFolder()], { env });
  const [line] = await started.until(/^Still not stored after 4 tries, .*$/m);
  expect(line).toBe('Still not stored after 4 tries, trying again: database 25006');
  await client.query(`alter database ${name} reset default_transaction_read_only`);
  expect(await started.exit()).toBe(0);
  expect(started.stdout()).toContain('Still not stored after 2 tries');
  expect(started.stdout()).not.toContain('after 3 tries');
});

test.each([
  ['a database that does not answer', { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, /ECONNREFUSED/],
  ['no URL of a database', { DATABASE_URL: 'mysql://x' }, /DATABASE_URL is not a postgres:\/\/ URL/],
  ['a short key', { MASK_KEY: 'hex:0011' }, /MASK_KEY must be at least 32 bytes/],
  [
    'a published key',
    { MASK_KEY: `hex:${Buffer.from([...Array(32).keys()]).toString('hex')}` },
    /MASK_KEY must be random/,
  ],
])('%s ends the run in one sentence', async (_, env, message) => {
  const { code, stdout, stderr } = await runStart(['--data', dataFolder(), '--json'], { env });
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
});

test('--fresh is refused for a database that is not ours to empty', async () => {
  const { code, stderr } = await runStart(['--fresh', '--data', dataFolder()], { env: { DATABASE_URL: server.url } });
  expect(code).toBe(2);
  expect(stderr).toContain('--fresh empties only the embedded database');
});
