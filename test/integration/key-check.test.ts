import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const OTHER_KEY = 'hex:07c5b1f29ae34d687f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6';

const NAMES = 'select name from mask_keys order by name';

test('the first writer enrols root and layer, of which the database learns eight digits each', async () => {
  const database = await createDatabase();
  await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
  const check_value = expect.stringMatching(/^[0-9a-f]{8}$/);
  expect(await database.query('select name, check_value from mask_keys order by name')).toEqual([
    { name: 'k1', check_value },
    { name: 'root', check_value },
  ]);
});

test.for([
  ['root', { MASK_KEY: OTHER_KEY, MASK_LAYER_KEY: TEST_LAYER_KEY }],
  ['layer', { MASK_LAYER_KEY: OTHER_KEY }],
] as const)('a %s key that disagrees fails the whole batch, and nothing is written', async ([, env]) => {
  const database = await createDatabase();
  await createFunction(database.writerUrl, { MASK_LAYER_KEY: TEST_LAYER_KEY }).invoke([sqsRecord(VALID_BODY)]);
  const lambda = createFunction(database.writerUrl, env);
  await expect(lambda.invoke([sqsRecord(VALID_BODY)])).rejects.toMatchObject({ name: 'KeyMismatchError' });
  await expect(lambda.invoke([sqsRecord(VALID_BODY)])).rejects.toMatchObject({ name: 'KeyMismatchError' });
  expect(await database.query('select 1 from user_logins')).toHaveLength(1);
  expect(await database.query('select 1 from ingest_ledger')).toHaveLength(1);
});

test('another layer key under an id of its own is refused, for only a rotation brings one in', async () => {
  const database = await createDatabase();
  await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
  const second = { MASK_LAYER_KEY: OTHER_KEY, MASK_KEY_ID: 'k2' };
  const invoked = createFunction(database.writerUrl, second).invoke([sqsRecord(VALID_BODY)]);
  await expect(invoked).rejects.toThrow('is written under the layer key k1, and the settings have k2');
  expect(await database.query('select count(*)::integer from user_logins')).toEqual([{ count: 1 }]);
});

test('another root is refused under any id, and its layer is not enrolled', async () => {
  const database = await createDatabase();
  await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
  const second = { MASK_KEY: OTHER_KEY, MASK_LAYER_KEY: TEST_LAYER_KEY, MASK_KEY_ID: 'k2' };
  const invoked = createFunction(database.writerUrl, second).invoke([sqsRecord(VALID_BODY)]);
  await expect(invoked).rejects.toThrow('The mask key is not the one that this database knows as "root"');
  expect(await database.query(NAMES)).toEqual([{ name: 'k1' }, { name: 'root' }]);
});

test.for(['Root', 'k0', 'k10000', 'k1t'])('the database refuses a key named %s', async (name) => {
  const database = await createDatabase();
  const enrolling = database.query(`insert into mask_keys (name, check_value) values ('${name}', '00000000')`);
  await expect(enrolling).rejects.toMatchObject({ code: '23514' });
});

test('if two environments start at once with different keys, one writes and the other throws', async () => {
  const database = await createDatabase();
  const results = await Promise.allSettled(
    [TEST_MASK_KEY, OTHER_KEY].map((MASK_KEY) =>
      createFunction(database.writerUrl, { MASK_KEY }).invoke([sqsRecord(VALID_BODY)]),
    ),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await database.query('select 1 from user_logins')).toHaveLength(1);
});

test('wrong settings fail the batch with all problems at once, before anything is read or written', async () => {
  const lambda = createFunction('not a url', { MASK_KEY: 'hex:00', MASK_KEY_ID: 'one', QUEUE_URL: 'nowhere' });
  await expect(lambda.invoke([sqsRecord(VALID_BODY)])).rejects.toThrow(
    /DATABASE_URL .*MASK_KEY .*MASK_KEY_ID .*QUEUE_URL /,
  );
});

test('a record without messageId fails the batch, since its failure could not be reported', async () => {
  const database = await createDatabase();
  const nameless = { ...sqsRecord(VALID_BODY), messageId: '' };
  const lambda = createFunction(database.writerUrl);
  await expect(lambda.invoke([sqsRecord(VALID_BODY), nameless])).rejects.toMatchObject({ name: 'MalformedEventError' });
  expect(await database.query('select 1 from user_logins')).toEqual([]);
});
