import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

/** Makes the server refuse rows that every check of ours lets through: user ids beginning with the word `poison`. */
async function refusePoison(database: TestDatabase, sqlstate: string): Promise<void> {
  await database.query(`
    create function refuse_poison() returns trigger language plpgsql as $$
    begin
      if new.user_id like 'poison%' then
        raise exception 'refused % from %', new.user_id, new.masked_ip using errcode = '${sqlstate}', detail = new.user_id;
      end if;
      return new;
    end $$;
    create trigger refuse_poison before insert on user_logins for each row execute function refuse_poison()`);
}

const batch = (size: number, poison: (i: number) => boolean) =>
  Array.from({ length: size }, (_, i) =>
    sqsRecord({ ...VALID_BODY, user_id: `${poison(i) ? 'poison' : 'user'} ${i}` }),
  );

const storedUsers = async (database: TestDatabase) =>
  (await database.query<{ user_id: string }>('select user_id from user_logins')).map(({ user_id }) => user_id).sort();

const goodUsers = (size: number, poison: (i: number) => boolean) =>
  Array.from({ length: size }, (_, i) => i)
    .filter((i) => !poison(i))
    .map((i) => `user ${i}`)
    .sort();

describe('a row that only the server refuses', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('at position %i of seven is rejected alone', async (position) => {
    const database = await createDatabase();
    await refusePoison(database, '23514');
    const isPoison = (i: number) => i === position;
    const records = batch(7, isPoison);
    const { failed, outcomes } = await createFunction(database.writerUrl).invoke(records);
    expect(failed).toEqual([records[position]?.messageId]);
    expect(outcomes[position]).toBe('rejected refused 23514');
    expect(await storedUsers(database)).toEqual(goodUsers(7, isPoison));
  });

  test.each([
    ['every second', 100, (i: number) => i % 2 === 0],
    ['a block', 100, (i: number) => i >= 30 && i < 45],
    ['all', 40, () => true],
    ['all but one', 40, (i: number) => i !== 17],
    ['first and last', 1_000, (i: number) => i === 0 || i === 999],
  ])('can be %s of %i', async (_, size, isPoison) => {
    const database = await createDatabase();
    await refusePoison(database, '22P02');
    const records = batch(size, isPoison);
    const { failed } = await createFunction(database.writerUrl).invoke(records);
    expect(failed).toEqual(records.filter((_, i) => isPoison(i)).map(({ messageId }) => messageId));
    expect(await storedUsers(database)).toEqual(goodUsers(size, isPoison));
  });

  test('is tried again, not rejected, when the error does not say that the row is at fault', async () => {
    const database = await createDatabase();
    await refusePoison(database, 'P0001');
    const isPoison = (i: number) => i === 2;
    const { outcomes } = await createFunction(database.writerUrl).invoke(batch(5, isPoison));
    expect(outcomes).toEqual(['stored', 'stored', 'retry unclassified P0001', 'stored', 'stored']);
    expect(await storedUsers(database)).toEqual(goodUsers(5, isPoison));
  });

  test('is stored by a later delivery, once the server accepts it', async () => {
    const database = await createDatabase();
    await refusePoison(database, 'P0001');
    const lambda = createFunction(database.writerUrl);
    const records = batch(4, (i) => i === 1);
    await lambda.invoke(records);
    await database.query('drop trigger refuse_poison on user_logins');
    const { failed, outcomes } = await lambda.invoke(records);
    expect(failed).toEqual([]);
    expect(outcomes).toEqual(['duplicate', 'stored', 'duplicate', 'duplicate']);
  });

  test('leaves no ledger entry behind', async () => {
    const database = await createDatabase();
    await refusePoison(database, '23505');
    await createFunction(database.writerUrl).invoke(batch(6, (i) => i === 5));
    expect(await database.query('select count(*)::integer as count from ingest_ledger')).toEqual([{ count: 5 }]);
  });
});

describe('an outage', () => {
  test.each(['08006', '25006', '40001', '40P01', '42501', '53100', '53300', '55P03', '57014', '58030', 'XX000'])(
    'with SQLSTATE %s rejects nothing: all that is not written comes back',
    async (sqlstate) => {
      const database = await createDatabase();
      await refusePoison(database, sqlstate);
      const records = batch(5, (i) => i === 3);
      const { failed, outcomes } = await createFunction(database.writerUrl).invoke(records);
      expect(outcomes).toEqual(records.map(() => `retry database ${sqlstate}`));
      expect(failed).toEqual(records.map(({ messageId }) => messageId));
      expect(await storedUsers(database)).toEqual([]);
    },
  );

  test('before the migration has run rejects nothing', async () => {
    const database = await createDatabase('empty');
    const { outcomes } = await createFunction(database.url).invoke(batch(2, () => false));
    expect(outcomes).toEqual(['retry database 42P01', 'retry database 42P01']);
  });
});

describe('what refuses a row is named', () => {
  test.for([
    [
      'check',
      `alter table user_logins add constraint no_androids check (device_type <> 'android')`,
      '23514 no_androids',
    ],
    ['unique', 'alter table user_logins add constraint one_a_day unique (user_id, create_date)', '23505 one_a_day'],
    ['not null', 'alter table user_logins alter locale set not null', '23502 locale'],
  ] as const)('where it is a constraint: %s', async ([, sql, reason]) => {
    const database = await createDatabase();
    await database.query(sql);
    const lambda = createFunction(database.writerUrl);
    await lambda.invoke([sqsRecord({ ...VALID_BODY, device_type: 'ios' })]);
    const { outcomes } = await lambda.invoke([sqsRecord({ ...VALID_BODY, locale: null })]);
    expect(outcomes).toEqual([`rejected refused ${reason}`]);
  });

  test('but a trigger may call it whatever it likes, a value too', async () => {
    const database = await createDatabase();
    await database.query(`
      create function tell_all() returns trigger language plpgsql as $$ begin
        raise exception 'no' using errcode = '23514', constraint = new.user_id, column = new.user_id, table = 'user_logins';
      end $$;
      create trigger tell_all before insert on user_logins for each row execute function tell_all()`);
    const { outcomes } = await createFunction(database.writerUrl).invoke([
      sqsRecord({ ...VALID_BODY, user_id: 'canary' }),
    ]);
    expect(outcomes).toEqual(['rejected refused 23514']);
  });
});
