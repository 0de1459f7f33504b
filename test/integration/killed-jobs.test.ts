import { describe, expect, test } from 'vitest';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createFunction, TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';
import { type Command, killAtLock } from '../support/killed-command.ts';
import { runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { withVault } from '../support/vault.ts';

const login = (user: string, ip: string, device: string | null) =>
  sqsRecord({ ...VALID_BODY, user_id: user, ip, device_id: device });

/** Everything but what is random in a sealed value, and how often writers had to forget what they have sealed. */
function contentOf({ query }: TestDatabase): Promise<Record<string, unknown>[]> {
  return query(`
    select what, content, count(*)::integer from (
    select 'login' as what, jsonb_build_array(user_id, masked_ip, masked_device_id, create_date)::text as content from user_logins
    union all select 'sealed', jsonb_build_array(month, field, kid, case sealed when '' then null else pseudonym end)::text from vault
    union all select 'batch', jsonb_build_array(month, key_name)::text from vault_batches
    union all select 'closed', month::text from vault_closed_months
    union all select 'key', jsonb_build_array(name, check_value)::text from mask_keys
    union all select 'state', jsonb_build_array(kid, next_kid, frontier)::text from mask_state
    ) as everything (what, content)
    group by 1, 2 order by 1, 2`);
}

interface Job {
  fill(): Promise<TestDatabase>;
  command(database: TestDatabase): Command;
}

async function run({ command }: Job, database: TestDatabase): Promise<void> {
  const { args, ...options } = command(database);
  const { exitCode, stderr } = await runLoginEtl(args, options);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
}

/** @returns what is in the database before, when the job has been killed, and at the end */
async function killAndRunAgain(job: Job, lock: string) {
  const [killed, spared] = [await job.fill(), await job.fill()];
  const before = await contentOf(spared);
  expect(await contentOf(killed)).toEqual(before);
  await killAtLock(killed, lock, job.command(killed));
  const between = await contentOf(killed);
  for (const database of [killed, spared]) await run(job, database);
  const after = await contentOf(spared);
  expect(after).not.toEqual(before);
  expect(await contentOf(killed)).toEqual(after);
  return { before, between, after, killed };
}

describe('adopt, killed and run again, leaves the table as if it had not been killed', () => {
  const ADOPTED = { MASK_LAYER_KEY: TEST_LAYER_KEY, MASK_ADOPTED: 'sha256' };
  const adopting: Job = {
    async fill() {
      const database = await createDatabase('empty');
      // Few rows of many pages, so that they are adopted in two chunks.
      await database.query(`
        create table user_logins (id serial primary key, user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
          masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date, raw text default repeat('x', 1500));
        insert into user_logins (user_id, masked_ip, masked_device_id)
        select i, case i % 100 when 0 then 'None' else encode(sha256(('192.0.2.' || i % 250)::bytea), 'hex') end,
               encode(sha256(('device ' || i / 2)::bytea), 'hex')
        from generate_series(1, 3000) as i`);
      await migrate(database.url);
      return database;
    },
    command: ({ url }) => ({ args: ['adopt'], env: { DATABASE_URL: url, MASK_KEY: TEST_MASK_KEY, ...ADOPTED } }),
  };
  const hashesIn = (content: Record<string, unknown>[]) =>
    content.filter((row) => /[0-9a-f]{64}/.test(`${row.content}`)).length;

  test.each([
    ['before its first chunk', 'lock table mask_state in exclusive mode', 3_000],
    ['in its first chunk', 'select from user_logins order by ctid limit 1 for update', 3_000],
    ['in its second chunk', 'select from user_logins order by ctid desc limit 1 for update', undefined],
  ])('%s', async (_where, lock, hashes) => {
    const { between, after, killed } = await killAndRunAgain(adopting, lock);
    expect(hashesIn(between)).toBeGreaterThan(0);
    if (hashes === undefined) expect(hashesIn(between)).toBeLessThan(3_000);
    else expect(hashesIn(between)).toBe(hashes);
    expect(hashesIn(after)).toBe(0);
    await createFunction(killed.writerUrl, ADOPTED).invoke([login('new', '192.0.2.7', 'device 3')]);
    const joined = await killed.query(`
      select count(*) filter (where masked_ip = (select masked_ip from user_logins where user_id = 'new'))::integer as ip,
             count(*) filter (where masked_device_id = (select masked_device_id from user_logins where user_id = 'new'))::integer as device
      from user_logins`);
    expect(joined).toEqual([{ ip: 13, device: 3 }]);
  });
});

describe('erase, killed and run again, leaves table and vault as if it had not been killed', () => {
  const [OLD, BEFORE, AFTER] = ['2024-03-10', '2024-05-05', '2024-05-20'] as const;

  /** Rows and sealed values of three days, as if they had been there for long; of the first day two chunks of each. */
  async function fill(): Promise<TestDatabase> {
    const database = await createDatabase();
    for (const day of [OLD, BEFORE, AFTER]) {
      const { invoke } = withVault(database.writerUrl);
      await invoke([login('gone', `192.0.2.${day.slice(-2)}`, `his own of ${day}`)]);
      await invoke([login('gone', '198.51.100.1', 'shared'), login('stays', '198.51.100.1', 'shared')]);
      await invoke([login('stays', `203.0.113.${day.slice(-2)}`, null)]);
      await database.query(`
        update user_logins set create_date = '${day}' where create_date > '2025-01-01';
        delete from vault where month > '2025-01-01' and (date_trunc('month', date '${day}'), pseudonym) in
          (select month, pseudonym from vault);
        update vault set month = date_trunc('month', date '${day}') where month > '2025-01-01';
        update vault_batches set month = date_trunc('month', date '${day}') where month > '2025-01-01';
        delete from vault_batches where batch_id not in (select batch_id from vault)`);
    }
    await database.query(`
      insert into user_logins (user_id, create_date) select 'many', '${OLD}' from generate_series(1, 15000);
      insert into vault (month, field, kid, pseudonym, batch_id, seq, sealed)
      select month, 2, 1, md5(i::text)::uuid, batch_id, i, ''
      from generate_series(1, 15000) as i, (select month, batch_id from vault_batches order by 1, 2 limit 1) as batch
      order by 4`);
    return database;
  }

  const erasing = (input: string, ...args: string[]): Job => ({
    fill,
    command: ({ eraserUrl }) => ({ args: ['erase', ...args], env: { DATABASE_URL: eraserUrl }, input }),
  });
  const LOCKS = {
    'at the lock that keeps writers out': 'lock table mask_state in row exclusive mode',
    'among the rows': 'select from user_logins order by ctid desc limit 1 for update',
    'among the rows of the person':
      "select from user_logins where user_id = 'gone' order by ctid desc limit 1 for update",
    'where a month is closed': 'lock table vault_closed_months in exclusive mode',
    'among the values of a month':
      "select from vault where month = '2024-03-01' order by pseudonym desc limit 1 for update",
    'among the values': 'select from vault for update',
    'among the values of the month that stays': "select from vault where month = '2024-05-01' for update",
    'where batches are deleted': 'select from vault_batches for update',
  } as const;

  test.each([
    'at the lock that keeps writers out',
    'among the rows of the person',
    'among the values',
    'where batches are deleted',
  ] as const)('a person, %s: nothing has happened yet', async (where) => {
    const { before, between } = await killAndRunAgain(erasing('gone\n', '--user'), LOCKS[where]);
    expect(between).toEqual(before);
  });

  test.each([
    'at the lock that keeps writers out',
    'where a month is closed',
    'among the values of a month',
    'where batches are deleted',
  ] as const)('a month, %s', async (where) => {
    await killAndRunAgain(erasing('', '--month', '2024-03', '--yes'), LOCKS[where]);
  });

  test.each([
    'among the rows',
    'where a month is closed',
    'among the values of a month',
    'among the values of the month that stays',
    'where batches are deleted',
  ] as const)('what is older than a day, %s', async (where) => {
    await killAndRunAgain(erasing('', '--before', '2024-05-10', '--yes'), LOCKS[where]);
  });
});
