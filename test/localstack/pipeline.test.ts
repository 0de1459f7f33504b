import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { readEvents } from '../../localstack/events/read-events.ts';
import { SAMPLE_EVENTS } from '../../localstack/events/samples/samples.ts';
import { runDlq } from '../support/dead-letters.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { dataFolder, parseResult, runStart } from '../support/npm-start.ts';
import { copyProject } from '../support/project-copy.ts';
import { loginEtl } from './deployment.ts';
import {
  deadLettered,
  logsSince,
  maxReceiveCount,
  query,
  send,
  sendDead,
  sums,
  untilQueueIsEmpty,
} from './pipeline.ts';

const { endpoint, databaseUrl, otherDatabaseUrl, env } = inject('deployed');

const COLUMNS = 'user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date::text';
const rowsOf = (url: string) => query(url, `select ${COLUMNS} from user_logins order by ${COLUMNS}`);
const rowsOfUser = (userId: string) =>
  query<{ masked_ip: string; locale: string }>(databaseUrl, `select ${COLUMNS} from user_logins where user_id = $1`, [
    userId,
  ]);

function login(userId: string, change: Record<string, unknown> = {}): string {
  const event = {
    app_version: '2.3.0',
    device_type: 'ios',
    ip: '203.0.113.77',
    locale: 'EN',
    device_id: 'canary-device',
  };
  return JSON.stringify({ user_id: userId, ...event, ...change });
}

async function bodiesOf(file: string): Promise<string[]> {
  const bodies: string[] = [];
  for await (const { body } of readEvents(file)) bodies.push(body);
  return bodies;
}

/** Of the same events, with the same master key, on a database of the same server. */
async function rowsOfNpmStart(file: string): Promise<{ rows: unknown[]; deadLettered: unknown }> {
  await query(otherDatabaseUrl, 'drop schema public cascade; create schema public');
  const { stdout } = await runStart(['--json', '--data', dataFolder(), file], {
    env: { DATABASE_URL: otherDatabaseUrl, MASK_KEY: env.MASK_KEY ?? '' },
  });
  return { rows: await rowsOf(otherDatabaseUrl), deadLettered: parseResult(stdout).deadLettered };
}

const files = [['the fixture', SAMPLE_EVENTS]];
// A file of the user's own; CI names the sample data of the exercise.
if (process.env.SAMPLE_EVENTS) files.push(['SAMPLE_EVENTS', process.env.SAMPLE_EVENTS]);

test.for(files)('%s gives the rows of npm start, pseudonyms included', async ([, file = '']) => {
  const expected = await rowsOfNpmStart(file);
  await send(await bodiesOf(file));
  await untilQueueIsEmpty();
  expect(await deadLettered()).toHaveLength(Number(expected.deadLettered));
  expect(expected.rows.length).toBeGreaterThan(90);
  expect(await rowsOf(databaseUrl)).toEqual(expected.rows);
  await query(databaseUrl, 'truncate user_logins');
});

test('only the bad message of a batch is tried again, and then is in the dead-letter queue, unchanged', async () => {
  const since = Date.now();
  const [user, bad] = [randomUUID(), login('', { user_id: null })];
  await send([...Array.from({ length: 9 }, () => login(user)), bad]);
  await untilQueueIsEmpty();
  const receives = await maxReceiveCount();
  const dead = await deadLettered();
  expect(dead.map(({ Body }) => Body)).toEqual([bad]);
  expect(await rowsOfUser(user)).toHaveLength(9);
  const logs = await logsSince(since);
  const counts = { Stored: 9, Duplicate: 0, Rejected: 1, RejectedAgain: receives - 1, Retried: 0 };
  expect(sums(logs)).toEqual({ Received: 9 + receives, ...counts });
  expect(logs).toContain('"service":"login-etl-localstack-ingest"');
  expect(logs).not.toMatch(/203\.0\.113\.77|canary-device/);
});

test('the dead-letter queue can be looked at, sent back and purged', async () => {
  const dlq = (...args: string[]) => runDlq([...args, '--json'], { AWS_ENDPOINT_URL: endpoint });
  const user = randomUUID();
  await send(['not json']);
  await untilQueueIsEmpty();
  await sendDead(login(user));
  expect((await dlq('list')).json.counts).toEqual({ not_json: 1, 'passes checks': 1 });
  expect(await dlq('redrive', '--reason', 'passes checks')).toMatchObject({ exitCode: 0, json: { sent: 1, left: {} } });
  await untilQueueIsEmpty();
  expect(await rowsOfUser(user)).toHaveLength(1);
  expect((await dlq('list')).json.counts).toEqual({ not_json: 1 });
  expect(await dlq('purge', '--all', '--yes')).toMatchObject({ exitCode: 0, json: { deleted: 1 } });
  expect(await deadLettered()).toEqual([]);
});

test('5,000 messages are stored, each exactly once', async () => {
  const prefix = randomUUID();
  await send(Array.from({ length: 5_000 }, (_, i) => login(`${prefix}-${i}`)));
  await untilQueueIsEmpty();
  const sql = `select count(*)::int as rows, count(distinct user_id)::int as users from user_logins where user_id like $1`;
  expect(await query(databaseUrl, sql, [`${prefix}-%`])).toEqual([{ rows: 5_000, users: 5_000 }]);
  expect(await deadLettered()).toEqual([]);
});

describe('a deployment', () => {
  async function store(change: Record<string, unknown> = {}): Promise<{ masked_ip: string; locale: string }[]> {
    const user = randomUUID();
    await send([login(user, change)]);
    await expect.poll(() => rowsOfUser(user), { timeout: 60_000, interval: 250 }).toHaveLength(1);
    return rowsOfUser(user);
  }

  test('of changed code replaces the code', async () => {
    expect(await store()).toMatchObject([{ locale: 'EN' }]);
    const file = join('lambda', 'message', 'fields', 'locale.ts');
    const change = (code: string) => code.replace('return value;', `return 'changed';`);
    await loginEtl(['deploy', '--stage', 'localstack'], env, copyProject(file, change));
    expect(await store()).toMatchObject([{ locale: 'changed' }]);
  });

  test('with another key is refused before anything is deployed, whatever knows the one it has', async () => {
    const other = { ...env, MASK_KEY: `${TEST_MASK_KEY.slice(0, -1)}0` };
    const deploy = () => loginEtl(['deploy', '--stage', 'localstack'], other);
    await expect(deploy()).rejects.toThrow(
      'Nothing was deployed. The mask key is not the one that this database knows',
    );
    await query(databaseUrl, 'delete from mask_keys');
    await expect(deploy()).rejects.toThrow('The stack on LocalStack was made with another key than that of MASK_KEY');
    expect(await store()).toHaveLength(1);
  });

  test('proves itself with an event, of which nothing is left', async () => {
    const counts = () =>
      query(
        databaseUrl,
        'select (select count(*) from user_logins) as rows, (select count(*) from ingest_ledger) as entries',
      );
    const before = await counts();
    await loginEtl(['deploy', '--stage', 'localstack'], env);
    expect(await counts()).toEqual(before);
    expect(await deadLettered()).toEqual([]);
  });

  test('after all was destroyed keeps the pseudonyms, since the key has the same material', async () => {
    const [before] = await store();
    await loginEtl(['destroy', '--stage', 'localstack'], env);
    await loginEtl(['deploy', '--stage', 'localstack'], env);
    const [after] = await store();
    expect(after?.masked_ip).toBe(before?.masked_ip);
  });
});
