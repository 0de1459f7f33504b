import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  createFunctionEnvironment,
  type FunctionEnvironment,
} from '../../localstack/embedded/function/function-environment.ts';
import { createDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { startProxyOfTest } from '../support/proxy-of-test.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';

const BOUND = { timeout: 20_000, interval: 20 };
/** What the function needs to connect and to hand back, and some seconds for its start on a busy machine. */
const TIMEOUT_MS = 20_000;
const THREAD_STARTED = 'thread started\n';

let folder: string;
let logFile: string;
let orders: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'function-environment-'));
  logFile = join(folder, 'function.log');
  orders = join(folder, 'orders');
  writeFileSync(orders, '');
  writeFileSync(join(folder, 'preload.cjs'), PRELOAD);
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** Runs in each thread before the function: tells of the thread, and lets it die or hang when the file of orders says so. */
const PRELOAD = `
  const { readFileSync, writeFileSync } = require('node:fs');
  process.stdout.write('${THREAD_STARTED.trim()}\\n');
  setInterval(() => {
    const order = readFileSync(process.env.ORDERS, 'utf8');
    if (order === '') return;
    writeFileSync(process.env.ORDERS, '');
    if (order === 'exit') process.exit(1);
    if (order === 'hang') for (;;);
    throw new RangeError('by order, and it quotes 192.0.2.17');
  }, 10).unref();`;

function createFunction(env: Record<string, string>): FunctionEnvironment {
  const NODE_OPTIONS = `--require=${join(folder, 'preload.cjs')}`;
  const environment = createFunctionEnvironment({
    env: { ...env, NODE_OPTIONS, ORDERS: orders },
    timeoutMs: TIMEOUT_MS,
    logFile,
  });
  onTestFinished(environment.stop);
  return environment;
}

function threadsStarted(): number {
  return readFileSync(logFile, 'utf8').split(THREAD_STARTED).length - 1;
}

/** A function on a database of its own, with a network between them that can fail. */
async function createWithDatabase() {
  const database = await createDatabase();
  const proxy = await startProxyOfTest(database.writerUrl);
  const env = { DATABASE_URL: proxy.through(database.writerUrl), MASK_KEY: TEST_MASK_KEY };
  return { proxy, database, environment: createFunction(env) };
}

const rejected = () => sqsEvent([sqsRecord('no JSON')]);
const valid = () => sqsEvent([sqsRecord(VALID_BODY)]);

describe('an invocation', () => {
  test("gives the function's answer, and what became of each message", async () => {
    const { environment, database } = await createWithDatabase();
    const event = sqsEvent([sqsRecord({ ...VALID_BODY, user_id: 7 }), sqsRecord({ ...VALID_BODY, ip: 7 })]);
    const [good, bad] = event.Records.map(({ messageId }) => messageId);
    expect(await environment.invoke(event)).toEqual({
      response: { batchItemFailures: [{ itemIdentifier: bad }] },
      report: {
        deliveries: [
          { messageId: good, outcome: { kind: 'stored' } },
          { messageId: bad, outcome: { kind: 'rejected', reason: 'wrong_type ip' } },
        ],
        changedBy: { number_user_id: 1 },
      },
    });
    expect(await database.query('select user_id from user_logins')).toEqual([{ user_id: '7' }]);
  });

  test('after another runs in the same thread', async () => {
    const { environment, proxy } = await createWithDatabase();
    await environment.invoke(valid());
    await environment.invoke(valid());
    await environment.stop();
    expect(threadsStarted()).toBe(1);
    expect(proxy.connections()).toBe(1);
  });

  test('throws what the function throws, by name and message', async () => {
    const environment = createFunction({});
    const fault = await environment.invoke(valid()).catch((error) => error);
    expect(fault).toMatchObject({ name: 'ConfigError', message: expect.stringMatching(/DATABASE_URL.*MASK_KEY/) });
    await expect(environment.invoke(valid())).rejects.toThrow(fault.message);
    await environment.stop();
    expect(threadsStarted()).toBe(1);
  });

  test('sees the settings it is given, and none of the process', async () => {
    process.env.MASK_KEY = TEST_MASK_KEY;
    onTestFinished(() => {
      delete process.env.MASK_KEY;
    });
    const environment = createFunction({ DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing' });
    await expect(environment.invoke(valid())).rejects.toThrow('MASK_KEY is missing');
  });
});

describe('a new thread takes over', () => {
  test('from one that took too long', async () => {
    const { environment, database } = await createWithDatabase();
    writeFileSync(orders, 'hang');
    await expect(environment.invoke(valid())).rejects.toThrow(`The function timed out after ${TIMEOUT_MS} ms.`);
    expect((await environment.invoke(valid())).response).toEqual({ batchItemFailures: [] });
    expect(await database.query('select from user_logins')).toHaveLength(1);
    await environment.stop();
    expect(threadsStarted()).toBe(2);
  });

  test.for([
    ['exit', 'The function died.'],
    ['throw', 'The function died of RangeError.'],
  ] as const)('from one that died at work (%s)', async ([order, message]) => {
    const { environment, proxy } = await createWithDatabase();
    proxy.setMode('swallow');
    const invocation = environment.invoke(valid());
    const outcome = expect(invocation).rejects.toThrow(new Error(message));
    await expect.poll(proxy.connections, BOUND).toBe(1);
    writeFileSync(orders, order);
    await outcome;
    proxy.setMode('normal');
    expect((await environment.invoke(valid())).response).toEqual({ batchItemFailures: [] });
  });

  test.for(['exit', 'throw'])('from one that died between two invocations (%s)', async (order) => {
    const { environment } = await createWithDatabase();
    const started = once(process, 'worker');
    await environment.invoke(valid());
    const [thread] = (await started) as [Worker];
    const died = new Promise((done) => thread.once('exit', done));
    writeFileSync(orders, order);
    await died;
    expect((await environment.invoke(valid())).response).toEqual({ batchItemFailures: [] });
    await environment.stop();
    expect(threadsStarted()).toBe(2);
  });
});

describe('the log file', () => {
  test('has what the function prints, to the last line', async () => {
    const { environment } = await createWithDatabase();
    const events = Array.from({ length: 20 }, rejected);
    for (const event of events) await environment.invoke(event);
    await environment.stop();
    const log = readFileSync(logFile, 'utf8');
    for (const { Records } of events) expect(log).toContain(Records[0]?.messageId);
  });

  test('is readable by its owner alone, and kept by the next run', async () => {
    for (const run of [1, 2]) {
      const environment = createFunction({});
      await environment.invoke(valid()).catch(() => {});
      await environment.stop();
      expect(threadsStarted()).toBe(run);
    }
    expect(statSync(logFile).mode & 0o777).toBe(0o600);
  });
});
