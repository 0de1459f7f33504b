import assert from 'node:assert/strict';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { COLUMNS, type LoginRow } from '../../lambda/batch/login-row.ts';
import type { Delivery } from '../../lambda/batch/process-batch.ts';
import { createHandler, type Handler } from '../../lambda/create-handler.ts';
import { MalformedEventError } from '../../lambda/errors.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { Random } from '../support/random.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { anyBody } from './bodies.ts';
import { largeBody } from './large-bodies.ts';
import { collected, inMiB } from './memory.ts';
import { anyBatch, anyRecord, type Drawn, namelessRecord } from './records.ts';
import { CANARY } from './texts.ts';
import { asText, judgeAlone, together } from './verdicts.ts';

const { seed, storedRecords } = inject('plan');
const MAX_BATCH = 200;
/** With the rows that this test itself keeps. */
const MAX_HELD_BYTES = 32 * 2 ** 20;

const METHODS = ['debug', 'log', 'info', 'warn', 'error'] as const;
let printed: string[] = [];

beforeEach(() => {
  // SQS is not there, so it is asked in vain to make failed messages visible: what is said to it is made all the same.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test').stubEnv('AWS_SECRET_ACCESS_KEY', 'test').stubEnv('AWS_REGION', 'us-east-1');
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...texts: unknown[]) => void printed.push(texts.join(' ')));
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function createFunction(database: TestDatabase): { handler: Handler; deliveries(): readonly Delivery[] } {
  let deliveries: readonly Delivery[] = [];
  const env = { DATABASE_URL: database.writerUrl, MASK_KEY: TEST_MASK_KEY, QUEUE_URL: 'http://127.0.0.1:1/0/queue' };
  const handler = createHandler(env, (result) => {
    deliveries = result.deliveries;
  });
  return { handler, deliveries: () => deliveries };
}

/** A tenth has a body of 1 MiB, as far as Lambda's limit for a whole event lets them. */
function drawBatch(random: Random, now: number, size: number): Drawn[] {
  if (random.chance(0.1)) return anyBatch(random, () => anyRecord(random, now, largeBody), random.int(1, 5));
  return anyBatch(random, () => anyRecord(random, now, anyBody), size);
}

function expectNothingRaw(): void {
  assert(printed.length > 0, 'a batch is logged');
  for (const text of printed) assert(!text.includes(CANARY), 'a log line holds a value');
  printed = [];
  vi.clearAllMocks();
}

/** As the table shows a row. */
function asStored(row: LoginRow): string {
  const createDate = new Date(row.sent_at).toISOString().slice(0, 10);
  return JSON.stringify([...COLUMNS.map(({ name }) => row[name]), createDate]);
}

const STORED = `select ${COLUMNS.map(({ name }) => name).join(', ')}, create_date::text from user_logins`;

describe('the function on a real Postgres', () => {
  test('stores what parsing lets through, as it is, and nothing of it is refused', async () => {
    const database = await createDatabase();
    const { handler, deliveries } = createFunction(database);
    const random = new Random(seed + 3);
    const now = Date.now();
    const rows: string[] = [];
    let heldAtFirst = 0;
    for (let done = 0; done < storedRecords; ) {
      const drawn = drawBatch(random, now, Math.min(random.int(1, MAX_BATCH), storedRecords - done));
      const Records = drawn.map(({ record }) => record);
      const expected = together(await judgeAlone(drawn, now));
      // A part first: that is one COPY; what is then known in part is written by the other statement.
      const part = random.int(0, Records.length - 1);
      if (part > 0) await handler({ Records: Records.slice(0, part) });
      const { batchItemFailures } = await handler({ Records });
      const verdicts = expected.verdicts.map((one, i) => (one === 'stored' && i < part ? 'duplicate' : one));
      assert.deepEqual(
        deliveries().map(({ outcome }) => asText(outcome)),
        verdicts,
      );
      const failed = Records.filter((_, i) => !/^(stored|duplicate)$/.test(verdicts[i] ?? '')).map(
        (one) => one.messageId,
      );
      assert.deepEqual(new Set(batchItemFailures.map((one) => one.itemIdentifier)), new Set(failed));
      expectNothingRaw();
      rows.push(...expected.rows.map(asStored));
      if (done === 0) heldAtFirst = collected();
      done += drawn.length;
    }
    const held = collected() - heldAtFirst;
    expect(held).toBeLessThan(MAX_HELD_BYTES);
    const stored = (await database.query(STORED)).map((row) => JSON.stringify(Object.values(row)));
    expect(stored.sort()).toEqual(rows.sort());
    process.stdout.write(
      `fuzz: ${storedRecords} records through the handler, ${rows.length} rows in Postgres, ${inMiB(held)} more held\n`,
    );
  });

  test('throws for anything that is not an SQS batch, and for nothing else', async () => {
    const { handler } = createFunction(await createDatabase());
    const random = new Random(seed + 4);
    const noBatch = [
      undefined,
      null,
      7,
      CANARY,
      [],
      {},
      { Records: null },
      { Records: CANARY },
      { Records: { length: 1 } },
    ];
    const nameless = random.array(50, () => ({
      Records: random.shuffled([sqsRecord(VALID_BODY), namelessRecord(random, sqsRecord({ ip: CANARY }))]),
    }));
    for (const event of [...noBatch, ...nameless]) {
      await expect(handler(event as SQSEvent)).rejects.toThrow(MalformedEventError);
      expectNothingRaw();
    }
    expect(await handler({ Records: [] })).toEqual({ batchItemFailures: [] });
  });
});
