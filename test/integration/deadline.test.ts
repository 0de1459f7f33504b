import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSRecord } from 'aws-lambda';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createHandler } from '../../lambda/create-handler.ts';
import { startAwsServer, stubAwsEnvironment } from '../support/aws-server.ts';
import { createDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';

/** What the function keeps of its time to hand messages back, see function.ts. */
const HAND_BACK_MS = 8_000;

function functionOn(databaseUrl: string) {
  const reasons: string[] = [];
  const handler = createHandler({ DATABASE_URL: databaseUrl, MASK_KEY: TEST_MASK_KEY }, ({ deliveries }) => {
    reasons.splice(
      0,
      reasons.length,
      ...deliveries.map(({ outcome }) => ('reason' in outcome ? outcome.reason : outcome.kind)),
    );
  });
  return {
    reasons,
    /** With so much time for the work itself. */
    async invoke(records: SQSRecord[], workMs: number): Promise<number> {
      const endsAt = Date.now() + HAND_BACK_MS + workMs;
      const context = { getRemainingTimeInMillis: () => endsAt - Date.now() } as Context;
      const { batchItemFailures } = await handler(sqsEvent(records), context);
      return batchItemFailures.length;
    },
  };
}

/** Holds up whoever writes to the table. */
async function lockLogins(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end().catch(() => {}));
  await client.query('begin; lock table user_logins in exclusive mode');
  return async () => {
    await client.query('rollback');
  };
}

test('a write that hangs is given up in time to hand the batch back, and still happens only once', async () => {
  const database = await createDatabase();
  const lambda = functionOn(database.writerUrl);
  await lambda.invoke([sqsRecord(VALID_BODY)], 10_000);
  const unlock = await lockLogins(database.url);
  const records = [sqsRecord(VALID_BODY), sqsRecord(VALID_BODY)];
  const startedAt = performance.now();
  expect(await lambda.invoke(records, 1_000)).toBe(2);
  expect(performance.now() - startedAt).toBeLessThan(HAND_BACK_MS);
  expect(lambda.reasons).toEqual(['database OUT_OF_TIME', 'database OUT_OF_TIME']);
  await unlock();
  // The server may have done the work after all.
  expect(await lambda.invoke(records, 10_000)).toBe(0);
  expect(await database.query('select count(*)::int from user_logins')).toEqual([{ count: 3 }]);
});

test('rows written before the deadline are stored, and the rest is handed back', async () => {
  const database = await createDatabase();
  // Each refused statement takes long, so that time runs out while the batch is being split.
  await database.query(`
    create function refuse() returns trigger language plpgsql as $$
    begin
      if new.locale = 'XX' then perform pg_sleep(0.4); raise exception using errcode = '23514'; end if;
      return new;
    end $$;
    create trigger refuse before insert on user_logins for each row execute function refuse()`);
  const lambda = functionOn(database.writerUrl);
  const records = () =>
    Array.from({ length: 16 }, (_, i) => sqsRecord({ ...VALID_BODY, locale: i === 7 || i === 15 ? 'XX' : 'EN' }));
  // The whole batch, the first of the two alone, what stands around the second, and that alone: 1.6 seconds.
  const failed = await lambda.invoke(records(), 6_300);
  expect(failed).toBe(2);
  expect(lambda.reasons.filter((reason) => reason === 'stored')).toHaveLength(14);
  const hurried = await lambda.invoke(records(), 1_000);
  expect(hurried).toBeGreaterThan(2);
  expect(lambda.reasons).toContain('database OUT_OF_TIME');
  expect(await database.query('select count(*)::int from user_logins')).toEqual([{ count: 14 + 16 - hurried }]);
});

test('a function with no time left writes nothing and hands everything back', async () => {
  const database = await createDatabase();
  const lambda = functionOn(database.writerUrl);
  expect(await lambda.invoke([sqsRecord(VALID_BODY)], 0)).toBe(1);
  expect(lambda.reasons).toEqual(['database OUT_OF_TIME']);
  expect(await database.query('select count(*)::int from user_logins')).toEqual([{ count: 0 }]);
});

test('the function answers in time, however slow the queue is', async () => {
  const database = await createDatabase();
  const queue = await startAwsServer(async () => {
    await sleep(2_500);
    return { output: {} };
  });
  stubAwsEnvironment();
  const QUEUE_URL = `${queue.endpoint}/000000000000/q`;
  const handler = createHandler({ DATABASE_URL: database.writerUrl, MASK_KEY: TEST_MASK_KEY, QUEUE_URL });
  const endsAt = Date.now() + HAND_BACK_MS;
  const context = { getRemainingTimeInMillis: () => endsAt - Date.now() } as Context;
  const bad = Array.from({ length: 1_000 }, () => sqsRecord('not json'));
  const { batchItemFailures } = await handler(sqsEvent(bad), context);
  expect(batchItemFailures).toHaveLength(1_000);
  expect(Date.now()).toBeLessThan(endsAt);
});
