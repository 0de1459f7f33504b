import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { GIVEN_TABLE } from '../support/given-table.ts';
import { runLoginEtl } from '../support/program.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { loginEtl } from './deployment.ts';
import { logsSince, query, send, untilQueueIsEmpty } from './pipeline.ts';

const { endpoint, databaseUrl, env } = inject('deployed');
const NAME = `login_etl_keys_${randomBytes(4).toString('hex')}`;
const [IP, DEVICE] = ['203.0.113.79', 'canary-device'];
const REASON = 'a trial of recover';
const began = Date.now();
const [OLD, SAME, OTHER] = [randomUUID(), randomUUID(), randomUUID()];

const named = (url = '') => Object.assign(new URL(url), { pathname: NAME }).href;
const url = named(databaseUrl);
const ADOPTED = {
  ...env,
  DATABASE_URL: url,
  FUNCTION_DATABASE_URL: named(env.FUNCTION_DATABASE_URL),
  MASK_ADOPTED: 'sha256',
  RECOVERY_VAULT: 'true',
};
const ROTATING = { ...ADOPTED, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const ROTATED = { ...ADOPTED, MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY };

const deploy = (variables: Record<string, string>) => loginEtl(['deploy', '--stage', 'localstack'], variables);
const onLocalStack = (args: readonly string[], input?: string) =>
  runLoginEtl([...args, '--stage', 'localstack', '--json'], {
    env: { AWS_ENDPOINT_URL: endpoint },
    ...(input !== undefined && { input }),
  });
const login = (user: string, ip: string) =>
  JSON.stringify({ user_id: user, app_version: '2.3.0', device_type: 'ios', locale: 'EN', ip, device_id: DEVICE });
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

interface Row {
  user_id: string;
  masked_ip: string;
  masked_device_id: string;
}

/** The rows of the three users, in their order. */
async function rows(): Promise<(Row | undefined)[]> {
  const found = await query<Row>(url, 'select user_id, masked_ip, masked_device_id from user_logins');
  return [OLD, SAME, OTHER].map((user) => found.find(({ user_id }) => user_id === user));
}

/** Instead of the pipeline that the other tests use: a table that another program masked, a rotation, and the vault. */
beforeAll(async () => {
  await query(databaseUrl, `create database ${NAME}`);
  await query(url, GIVEN_TABLE);
  await query(url, `insert into user_logins values ($1, 'ios', $2, $3, 'US', 230, '2024-11-25')`, [
    OLD,
    hash(IP),
    hash(DEVICE),
  ]);
  await deploy(ROTATING);
});

afterAll(async () => {
  await deploy(env);
  await query(databaseUrl, `drop database ${NAME} with (force)`);
});

/** By LocalStack's function, into a file of its own. */
async function recover(pseudonym: string): Promise<{ exitCode: number; value?: string }> {
  const out = join(temporaryFolder(), 'found.jsonl');
  const args = ['recover', '--field', 'ip', '--pseudonym', pseudonym, '--reason', REASON, '--out', out];
  const { exitCode } = await onLocalStack(args);
  return { exitCode, ...(exitCode === 0 && { value: JSON.parse(readFileSync(out, 'utf8')).value }) };
}

/** CloudWatch has a line some seconds after the function printed it. */
async function expectSilentLog(name: string): Promise<void> {
  const read = () => logsSince(began, name);
  await expect.poll(read, { timeout: 60_000, interval: 500 }).toContain(`${name} done`);
  const pseudonyms = (await rows()).flatMap((row) => row?.masked_ip ?? []);
  for (const text of [IP, DEVICE, OLD, SAME, OTHER, REASON, ...pseudonyms]) expect(await read()).not.toContain(text);
}

// One after the other, on what the one before has left.
test('adopt gives what was there before the pseudonyms of what comes now', async () => {
  await send([login(SAME, IP), login(OTHER, '198.51.100.7')]);
  await untilQueueIsEmpty();
  expect(await onLocalStack(['adopt'])).toMatchObject({ exitCode: 0, json: { outcome: 'done', adopted: 2, left: [] } });
  const [old, same] = await rows();
  expect(same?.masked_ip).toMatch(/^k1_/);
  expect(old).toEqual({ ...same, user_id: OLD });
  const { json } = await onLocalStack(['pseudonym', '--field', 'ip'], IP);
  expect(json.pseudonyms).toContain(same?.masked_ip);
  await expectSilentLog('adopt');
});

test('recover opens what the function has sealed, with a key that KMS keeps', async () => {
  const [, same] = await rows();
  expect(await recover(`${same?.masked_ip}`)).toEqual({ exitCode: 0, value: IP });
  expect(await query(url, 'select reason from recover_audit')).toEqual([{ reason: REASON }]);
  await expectSilentLog('recover');
});

test('rekey replaces the layer key of all rows and of the vault, and a deployment with the new one alone goes on', async () => {
  const rekeyed = await onLocalStack(['rekey', '--to', 'k2']);
  expect(rekeyed).toMatchObject({ exitCode: 0, json: { outcome: 'done', left: 0 } });
  const [old, same, other] = await rows();
  for (const row of [old, same, other]) expect(row?.masked_ip).toMatch(/^k2_/);
  expect(old).toEqual({ ...same, user_id: OLD });
  await expectSilentLog('rekey');
  await deploy(ROTATED);
  expect(await recover(`${same?.masked_ip}`)).toEqual({ exitCode: 0, value: IP });
  expect((await onLocalStack(['audit'])).json).toMatchObject({ findings: 0, logins: 3, keys: { kid: 'k2' } });
});

test('erase leaves no row of a user, and no sealed value that nobody else has', async () => {
  const [, same] = await rows();
  expect(await onLocalStack(['erase', '--user'], SAME)).toMatchObject({ exitCode: 0, json: { rows: 1, values: 1 } });
  expect((await rows()).map((row) => row?.user_id)).toEqual([OLD, undefined, OTHER]);
  expect(await recover(`${same?.masked_ip}`)).toEqual({ exitCode: 3 });
  await expectSilentLog('erase');
});
