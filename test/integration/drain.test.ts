import { readdirSync } from 'node:fs';
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { toRecord } from '../../lambda/queue/to-record.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { buildDrain, runDrain, startDrain } from '../support/drain.ts';
import { createFunction, TEST_LAYER_KEY } from '../support/function.ts';
import { startProxyOfTest } from '../support/proxy-of-test.ts';
import { createQueue, QUEUE_ARN, type TestQueue } from '../support/queue.ts';

const MIGRATIONS = readdirSync('lambda/store/schema/migrations').map((file) => file.replace('.sql', ''));
const BOUND = { timeout: 30_000, interval: 50 };
const EMPTY = { visible: 0, inFlight: 0 };
const RAW_IP = '203.0.113.77';
const RAW_DEVICE = 'raw-device-8d1f';

buildDrain();

function login(number: number): string {
  const event = { user_id: `u${number}`, app_version: '2.3.0', device_type: 'android', ip: RAW_IP, locale: 'EN' };
  return JSON.stringify({ ...event, device_id: RAW_DEVICE });
}

async function sendLogins(queue: TestQueue, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 10) {
    await queue.busy.sendBatch(Array.from({ length: Math.min(10, count - sent) }, (_, i) => login(sent + i)));
  }
}

async function setUp(settings: Parameters<typeof createQueue>[0] = {}) {
  const queue = await createQueue({ visibilityTimeoutSeconds: 30, maxReceiveCount: 3, ...settings });
  const database = await createDatabase();
  return { queue, database, at: { queueUrl: queue.url, databaseUrl: database.writerUrl } };
}

async function countRows({ query }: TestDatabase): Promise<{ rows: number; users: number }> {
  const [row] = await query<{ rows: number; users: number }>(
    'select count(*)::integer as rows, count(distinct user_id)::integer as users from user_logins',
  );
  return row ?? { rows: 0, users: 0 };
}

async function removeRedrivePolicy({ sqs, url }: TestQueue): Promise<void> {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy: '' } }));
}

/** How often the one message in the queue has been received, this time included. */
async function receivesOfOne(queue: TestQueue): Promise<string | undefined> {
  const messages = await queue.receive();
  expect(messages.length).toBe(1);
  return messages[0]?.Attributes?.ApproximateReceiveCount;
}

test('the container also brings its database to the schema, and maintains it', async () => {
  const database = await createDatabase('empty');
  const at = { queueUrl: '', databaseUrl: database.url };
  const migrated = await runDrain(at, ['migrate']);
  expect([migrated.code, migrated.json]).toEqual([0, { applied: MIGRATIONS }]);
  const maintained = await runDrain(at, ['maintain']);
  expect([maintained.code, maintained.json]).toEqual([0, { deleted: 0 }]);
});

describe('drains', () => {
  test('a queue that is empty', async () => {
    const { at } = await setUp();
    const { code, json } = await runDrain(at);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ending: 'empty', received: 0, stored: 0, outage: null, hasDeadLetterQueue: true });
  });

  test('logins to rows, and prints no raw value', async () => {
    const { queue, database, at } = await setUp();
    await sendLogins(queue, 1_234);
    const { code, stdout, stderr, json } = await runDrain(at);
    expect(json).toMatchObject({ ending: 'empty', received: 1_234, stored: 1_234, duplicates: 0, rejected: {} });
    expect(code).toBe(0);
    expect(await countRows(database)).toEqual({ rows: 1_234, users: 1_234 });
    expect(await queue.depth()).toEqual(EMPTY);
    expect(stdout + stderr).not.toMatch(new RegExp(`${RAW_IP}|${RAW_DEVICE}`));
  });

  test('what was stored before, without storing it again', async () => {
    const { queue, database, at } = await setUp();
    await sendLogins(queue, 1);
    const command = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await queue.sqs.send(command);
    await createFunction(at.databaseUrl).invoke(Messages.map((message) => toRecord(message, QUEUE_ARN)));
    const { code, json } = await runDrain(at);
    expect(json).toMatchObject({ stored: 0, duplicates: 1 });
    expect(code).toBe(0);
    expect(await countRows(database)).toEqual({ rows: 1, users: 1 });
  });

  test('until what is rejected is in the dead-letter queue', async () => {
    const { queue, database, at } = await setUp({ maxReceiveCount: 2 });
    await sendLogins(queue, 20);
    for (const body of ['{"user_id": "only"}', 'not JSON', `["${RAW_IP}"]`]) await queue.send(body);
    const { code, json, stdout, stderr } = await runDrain(at);
    expect(json).toMatchObject({ ending: 'empty', stored: 20, unstored: {} });
    expect(Object.values<number>(json.rejected).reduce((a, b) => a + b, 0)).toBe(3);
    expect(code).toBe(3);
    expect((await queue.receive('dead letters')).length).toBe(3);
    expect(await countRows(database)).toEqual({ rows: 20, users: 20 });
    expect(stdout + stderr).not.toMatch(/203\.0|only"/);
  });

  test('everything but rejected messages if there is no dead-letter queue, and does not wait for those', async () => {
    const { queue, at } = await setUp();
    await removeRedrivePolicy(queue);
    await sendLogins(queue, 15);
    await queue.send('not JSON');
    const { code, json, stderr } = await runDrain(at);
    expect(json).toMatchObject({ ending: 'empty', stored: 15, hasDeadLetterQueue: false });
    expect(stderr).toMatch(/no dead-letter queue/);
    expect(code).toBe(1);
    expect(await queue.depth()).toEqual({ visible: 0, inFlight: 1 });
  });
});

describe('ends with 2, and has received nothing, if', () => {
  test.for([
    ['a key is missing', { MASK_KEY: '' }, /MASK_KEY is missing/],
    ['a setting is not a number', { RETRY_WAIT_SECONDS: 'soon' }, /RETRY_WAIT_SECONDS/],
    ['the queue is not named', { QUEUE_URL: '' }, /QUEUE_URL is missing/],
    ['the password is wrong', { DATABASE_URL: 'password' }, /refuses the login in DATABASE_URL \(28P01\)/],
    ['the database does not exist', { DATABASE_URL: 'name' }, /does not exist \(3D000\)/],
    ['the role may not write', { DATABASE_URL: 'analyst' }, /grant it login_writer \(42501\)/],
  ] as const)('%s', async ([, env, message]) => {
    const { queue, database, at } = await setUp();
    await sendLogins(queue, 1);
    const wrong: Record<string, string> = { ...env };
    const url = new URL(at.databaseUrl);
    if (wrong.DATABASE_URL === 'password') wrong.DATABASE_URL = Object.assign(url, { password: 'wrong' }).href;
    if (wrong.DATABASE_URL === 'name') wrong.DATABASE_URL = Object.assign(url, { pathname: 'nowhere' }).href;
    if (wrong.DATABASE_URL === 'analyst') wrong.DATABASE_URL = database.analystUrl;
    const { code, stderr } = await runDrain(at, [], wrong);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
    expect(await receivesOfOne(queue)).toBe('1');
  });

  test('the database was written with another key', async () => {
    const { queue, at } = await setUp();
    await runDrain(at);
    await sendLogins(queue, 1);
    const { code, stderr } = await runDrain(at, [], { MASK_KEY: TEST_LAYER_KEY });
    expect(stderr).toMatch(/mask key/i);
    expect(code).toBe(2);
    expect(await receivesOfOne(queue)).toBe('1');
  });

  test('the database has no schema', async () => {
    const { queue, at } = await setUp();
    await sendLogins(queue, 1);
    const { url } = await createDatabase('empty');
    const { code, stderr } = await runDrain({ ...at, databaseUrl: url });
    expect(stderr).toMatch(/npx login-etl migrate/);
    expect(code).toBe(2);
    expect(await receivesOfOne(queue)).toBe('1');
  });

  test('the queue hides messages for less than a batch may take', async () => {
    const { queue, at } = await setUp({ visibilityTimeoutSeconds: 29 });
    await sendLogins(queue, 1);
    const { code, stderr } = await runDrain(at);
    expect(stderr).toMatch(/hides a message for 29 s.*VisibilityTimeout/);
    expect(code).toBe(2);
    expect(await receivesOfOne(queue)).toBe('1');
  });

  test('the queue does not exist, or is a FIFO queue', async () => {
    const { queue, at } = await setUp();
    expect(await runDrain({ ...at, queueUrl: `${queue.url}-2` })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/queue does not exist/),
    });
    await queue.sqs.send(new CreateQueueCommand({ QueueName: 'x.fifo', Attributes: { FifoQueue: 'true' } }));
    const queueUrl = new URL('x.fifo', queue.url).href;
    expect(await runDrain({ ...at, queueUrl })).toMatchObject({ code: 2, stderr: expect.stringMatching(/FIFO/) });
  });

  test('the command line makes no sense', async () => {
    const { at } = await setUp();
    for (const args of [['--give-up', 'soon'], ['--listen', '70000'], ['--folow']]) {
      expect(await runDrain(at, args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/./) });
    }
  });
});

describe('a signal', () => {
  test.for([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s ends it after the batches in hand', async ([signal, expected]) => {
    const { queue, database, at } = await setUp();
    const drain = startDrain(at, ['--follow', '--listen', '0']);
    const [, port] = await drain.until(/port (\d+)/);
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status), BOUND).toBe(200);
    const sending = sendLogins(queue, 3_000);
    await expect.poll(() => countRows(database).then(({ rows }) => rows), BOUND).toBeGreaterThan(0);
    drain.signal(signal);
    const { code, json } = await drain.ended;
    await sending;
    expect(code).toBe(expected);
    expect(json.ending).toBe('interrupted');
    const { rows } = await countRows(database);
    const { visible, inFlight } = await queue.depth();
    // A call that was broken off while it waited for a first message may have hidden up to ten.
    expect(inFlight).toBeLessThanOrEqual(10);
    expect(rows + visible + inFlight).toBe(3_000);
    expect(json.stored).toBe(rows);
  });

  test('SIGKILL loses nothing, and the next run stores nothing twice', async () => {
    const { queue, database, at } = await setUp({ maxReceiveCount: 10 });
    const drain = startDrain(at, ['--follow']);
    await sendLogins(queue, 2_000);
    await expect.poll(() => countRows(database).then(({ rows }) => rows), BOUND).toBeGreaterThan(0);
    drain.signal('SIGKILL');
    await drain.ended;
    const { code } = await runDrain(at);
    expect(code).toBe(0);
    expect(await countRows(database)).toEqual({ rows: 2_000, users: 2_000 });
    expect(await queue.depth()).toEqual(EMPTY);
  });
});

describe('an outage', () => {
  test('that lasts too long from the start ends it with 1, and nothing was received', async () => {
    const { queue, at } = await setUp();
    await sendLogins(queue, 1);
    const databaseUrl = Object.assign(new URL(at.databaseUrl), { port: '1' }).href;
    const { code, json } = await runDrain({ ...at, databaseUrl }, ['--give-up', '3']);
    expect(json).toMatchObject({ ending: 'gave up', received: 0, outage: 'database ECONNREFUSED' });
    expect(code).toBe(1);
    expect(await receivesOfOne(queue)).toBe('1');
  });

  test('of SQS ends it with 1 if it lasts too long', async () => {
    const { at } = await setUp();
    const queueUrl = Object.assign(new URL(at.queueUrl), { port: '1' }).href;
    const { code, json } = await runDrain({ ...at, queueUrl }, ['--give-up', '1']);
    expect(json).toMatchObject({ ending: 'gave up', outage: 'sqs ECONNREFUSED', hasDeadLetterQueue: null });
    expect(code).toBe(1);
  });

  test('of the database in the middle is waited for', async () => {
    const { queue, database, at } = await setUp({ maxReceiveCount: 12 });
    const proxy = await startProxyOfTest(at.databaseUrl);
    const drain = startDrain({ ...at, databaseUrl: proxy.through(at.databaseUrl) }, ['--follow', '--listen', '0']);
    const [, port] = await drain.until(/port (\d+)/);
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`);
    await expect.poll(() => ready().then(({ status }) => status), BOUND).toBe(200);
    proxy.setMode('swallow');
    await sendLogins(queue, 20);
    await expect.poll(() => ready().then(({ status }) => status), BOUND).toBe(503);
    expect(await (await ready()).text()).toMatch(/^database \w+ for \d+ s\n$/);
    proxy.setMode('normal');
    await expect.poll(() => countRows(database), { ...BOUND, timeout: 50_000 }).toEqual({ rows: 20, users: 20 });
    await expect.poll(() => ready().then(({ status }) => status), BOUND).toBe(200);
    drain.signal('SIGTERM');
    expect(await drain.ended).toMatchObject({ code: 143, json: { stored: 20, outage: null } });
  });
});

test('--listen answers probes and Prometheus', async () => {
  const { queue, at } = await setUp({ maxReceiveCount: 2 });
  const drain = startDrain(at, ['--follow', '--listen', '0']);
  const [, port] = await drain.until(/port (\d+)/);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/')).status).toBe(404);
  await sendLogins(queue, 30);
  await queue.send('not JSON');
  const metrics = async () => (await get('/metrics')).text();
  await expect.poll(metrics, BOUND).toMatch(/^login_etl_stored_total 30$/m);
  await expect.poll(metrics, BOUND).toMatch(/^login_etl_rejected_total\{reason="[^"]+"\} 1$/m);
  const text = await metrics();
  expect(text).toMatch(/^# TYPE login_etl_stored_total counter$/m);
  expect(text).toMatch(/^login_etl_outage_seconds 0$/m);
  for (const line of text.trim().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? [0-9.e+-]+)$/);
  }
  drain.signal('SIGTERM');
  expect((await drain.ended).code).toBe(143);
});
