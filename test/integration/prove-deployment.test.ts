import { expect, onTestFinished, test } from 'vitest';
import { localMasker, refuseOtherDatabase } from '../../localstack/deployed/mask-keys.ts';
import { proveDeployment } from '../../localstack/deployed/prove-deployment.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction, TEST_MASK_KEY } from '../support/function.ts';
import { createQueue } from '../support/queue.ts';

const MASKER = localMasker({ MASK_KEY: TEST_MASK_KEY });
const OTHER = localMasker({ MASK_KEY: `${TEST_MASK_KEY.slice(0, -1)}0` });

/** A queue with the function behind it, as after a deployment; `databaseUrl` may be another one than the function's. */
async function deployed(database: TestDatabase) {
  const queue = await createQueue();
  const lambda = createFunction(database.writerUrl);
  const { batches, stop } = queue.listen(async ({ Records }) => {
    const { failed } = await lambda.invoke(Records);
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });
  onTestFinished(stop);
  return { at: { sqs: queue.sqs, queueUrl: queue.url, databaseUrl: database.url, masker: MASKER }, batches };
}

const left = ({ query }: TestDatabase) =>
  query('select (select count(*)::int from user_logins) as rows, (select count(*)::int from ingest_ledger) as entries');

test('a deployment is proved by one event, of which nothing is left', async () => {
  const database = await createDatabase();
  const { at, batches } = await deployed(database);
  await proveDeployment(at);
  expect(batches.flat()).toHaveLength(1);
  expect(await left(database)).toEqual([{ rows: 0, entries: 0 }]);
});

test('a deployment that masks with another key is reported, and nothing is left', async () => {
  const database = await createDatabase();
  const { at } = await deployed(database);
  await expect(proveDeployment({ ...at, masker: OTHER })).rejects.toThrow(/under another key/);
  expect(await left(database)).toEqual([{ rows: 0, entries: 0 }]);
});

test.for(['migrated', 'empty'] as const)(
  'a function that writes elsewhere is told: here is a database, %s',
  async (from) => {
    const { at } = await deployed(await createDatabase());
    const elsewhere = await createDatabase(from);
    const proof = proveDeployment({ ...at, databaseUrl: elsewhere.url, timeoutMs: 500 });
    await expect(proof).rejects.toThrow(/did not become a row .* must be the same Postgres/);
  },
);

test('a database written with another key is refused beforehand, and one without rows is not', async () => {
  const database = await createDatabase();
  await refuseOtherDatabase(database.url, OTHER);
  const { at } = await deployed(database);
  await proveDeployment(at);
  await refuseOtherDatabase(database.url, MASKER);
  const refused = refuseOtherDatabase(database.url, OTHER);
  await expect(refused).rejects.toBeInstanceOf(UserError);
  await expect(refused).rejects.toThrow(/^Nothing was deployed\. The mask key is not the one /);
  await refuseOtherDatabase((await createDatabase('empty')).url, OTHER);
});
