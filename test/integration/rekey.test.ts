import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RekeyOptions, type RekeyResult, rekey } from '../../lambda/jobs/rekey/rekey.ts';
import { deriveKeys, deriveMaskKeys, LAYER_KEY_INFO } from '../../lambda/masking/mask-keys.ts';
import { checkValue, createMasker } from '../../lambda/masking/masker.ts';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { createRekey } from '../../lambda/rekey-handler.ts';
import { createDatabase, type TestDatabase, untilWaiting } from '../support/database.ts';
import {
  createFunction,
  TEST_LAYER_KEY,
  TEST_MASK_KEY,
  TEST_NEXT_LAYER_KEY,
  type TestFunction,
} from '../support/function.ts';
import { killAtLock } from '../support/killed-command.ts';
import { runLoginEtl } from '../support/program.ts';
import { maskDeviceId, maskIp } from '../support/pseudonyms.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const BEFORE = { MASK_LAYER_KEY: TEST_LAYER_KEY };
const BETWEEN = { ...BEFORE, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const AFTER = { MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const K1 = deriveKeys(bytesOf(TEST_LAYER_KEY), LAYER_KEY_INFO);
const K2 = deriveKeys(bytesOf(TEST_NEXT_LAYER_KEY), LAYER_KEY_INFO);
const MASKER_AFTER = createMasker('k2', deriveMaskKeys(bytesOf(TEST_MASK_KEY), bytesOf(TEST_NEXT_LAYER_KEY)));

function bytesOf(key: string): Uint8Array {
  const parsed = parseMasterKey(key);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.bytes;
}

/** Each number has one address and one device, which many users share; some addresses are text. */
const bodyOf = (number: number) => ({
  ...VALID_BODY,
  user_id: `user-${number % 97}`,
  ip: number % 10 === 0 ? `office ${number % 40}` : `192.0.2.${number % 40}`,
  device_id: `device-${number % 60}`,
});
const batchOf = (first: number, size: number) =>
  Array.from({ length: size }, (_, i) => {
    const number = first + i;
    return sqsRecord({ ...bodyOf(number), user_id: `${number % 40}-${number % 60}` });
  });

/** How many values have two pseudonyms in one snapshot. */
const SPLIT = `
  select count(*)::integer as split from (
    select from user_logins group by split_part(user_id, '-', 1) having count(distinct masked_ip) > 1
    union all
    select from user_logins group by split_part(user_id, '-', 2) having count(distinct masked_device_id) > 1) as values`;
const KIDS = `
  select distinct split_part(replace(pseudonym, 't_', '_'), '_', 1) as kid
  from user_logins, unnest(array[masked_ip, masked_device_id]) as pseudonym order by 1`;

const START = { MASK_KEY: TEST_MASK_KEY, ...BETWEEN };

interface Options extends Partial<Pick<RekeyOptions, 'steps' | 'sweep' | 'stop'>> {
  onMoved?(): void;
}

function rekeyAll(url: string, { onMoved, ...options }: Options = {}): Promise<RekeyResult> {
  return rekey(url, {
    rotation: { from: { kid: 'k1', block: K1.block }, to: { kid: 'k2', block: K2.block } },
    checks: [
      { name: 'k1', value: checkValue(K1.check) },
      { name: 'k2', value: checkValue(K2.check) },
    ],
    steps: 16,
    sweep: false,
    stop: new AbortController().signal,
    progress: { total() {}, moved: () => onMoved?.() },
    ...options,
  });
}

/** A database with so many rows under k1, and k2 enrolled by a function that has both. */
async function createFilled(rows: number, from?: 'migrated', options?: string): Promise<TestDatabase> {
  const database = await createDatabase(from, options);
  await createFunction(database.writerUrl, BEFORE).invoke(batchOf(0, rows));
  await createFunction(database.writerUrl, BETWEEN).invoke(batchOf(0, 1));
  return database;
}

async function expectRotated(database: TestDatabase, rows: number): Promise<void> {
  expect(await database.query(KIDS)).toEqual([{ kid: 'k2' }]);
  expect(await database.query(SPLIT)).toEqual([{ split: 0 }]);
  const [counts] = await database.query(
    'select (select count(*) from user_logins)::integer as rows, (select count(*) from ingest_ledger)::integer as entries',
  );
  expect(counts).toEqual({ rows, entries: rows });
  const stored = await database.query<{ user_id: string; masked_ip: string; masked_device_id: string }>(
    'select distinct user_id, masked_ip, masked_device_id from user_logins',
  );
  for (const { user_id, masked_ip, masked_device_id } of stored) {
    const [address, device] = user_id.split('-');
    const ips = [`office ${address}`, `192.0.2.${address}`].map((ip) => maskIp(ip, MASKER_AFTER));
    expect(ips).toContain(masked_ip);
    expect(masked_device_id).toBe(maskDeviceId(`device-${device}`, MASKER_AFTER));
  }
}

test.for([1, 16] as const)(
  'in %i steps beside writers: in every snapshot a value has one pseudonym, and no row is lost',
  async (steps) => {
    const database = await createFilled(2_000);
    let isOver = false;
    let snapshots = 0;
    let written = 2_001;
    const write = async (lambda: TestFunction) => {
      while (!isOver) {
        const { failed } = await lambda.invoke(batchOf(written, 40));
        written += 40 - failed.length;
        expect(failed).toEqual([]);
        await sleep(5);
      }
    };
    const look = async () => {
      while (!isOver) {
        expect(await database.query(SPLIT)).toEqual([{ split: 0 }]);
        snapshots++;
      }
    };
    const writers = [0, 1, 2].map(() => write(createFunction(database.writerUrl, BETWEEN)));
    const looking = look();
    const rotating = rekeyAll(database.rekeyerUrl, { steps }).finally(() => {
      isOver = true;
    });
    const [result] = await Promise.all([rotating, looking, ...writers]);
    expect(result).toMatchObject({ outcome: 'done', left: 0 });
    expect(snapshots).toBeGreaterThan(0);
    await createFunction(database.writerUrl, AFTER).invoke(batchOf(written, 1));
    await expectRotated(database, written + 1);
  },
);

describe('a write', () => {
  test('that waits for the frontier to move is masked under what it has become, whatever the usual isolation is', async () => {
    const database = await createFilled(1);
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    const lambda = createFunction(database.writerUrl, BETWEEN);
    await lambda.invoke(batchOf(1, 1));
    await database.query('begin isolation level read committed; lock table mask_state in access exclusive mode');
    const writing = lambda.invoke(batchOf(2, 1));
    await untilWaiting(1, database.url, database.query);
    await database.query("update mask_state set kid = 'k2'; commit");
    expect((await writing).failed).toEqual([]);
    const last = await database.query("select left(masked_ip, 3) as kid from user_logins where user_id = '2-2'");
    expect(last).toEqual([{ kid: 'k2_' }]);
  });

  test('holds the state until its rows are visible', async () => {
    const database = await createFilled(1);
    await database.query('begin; lock table user_logins in exclusive mode');
    const writing = createFunction(database.writerUrl, BETWEEN).invoke(batchOf(1, 1));
    await untilWaiting(1, database.url, database.query);
    const rotating = rekeyAll(database.rekeyerUrl);
    await untilWaiting(2, database.url, database.query);
    await database.query('commit');
    expect((await writing).failed).toEqual([]);
    expect(await rotating).toMatchObject({ outcome: 'done', left: 0 });
    await expectRotated(database, 3);
  });

  test('of messages that are partly known is guarded too', async () => {
    const database = await createFilled(1);
    const lambda = createFunction(database.writerUrl, BETWEEN);
    const [known, fresh] = batchOf(1, 2) as [ReturnType<typeof sqsRecord>, ReturnType<typeof sqsRecord>];
    await lambda.invoke([known]);
    await database.query("update mask_state set next_kid = 'k2', frontier = 'ffffffffffffffffffffffffffffffff'");
    expect(await lambda.invoke([known, fresh])).toEqual({ failed: [], outcomes: ['duplicate', 'stored'] });
    const rows = await database.query('select left(masked_ip, 3) as kid from user_logins order by 1');
    expect(rows.at(-1)).toEqual({ kid: 'k2_' });
  });

  test('by a function without the new key waits while the rotation is open', async () => {
    const database = await createFilled(1);
    await database.query("update mask_state set next_kid = 'k2'");
    const waiting = { outcomes: ['retry database LE001'] };
    expect(await createFunction(database.writerUrl, BEFORE).invoke(batchOf(1, 1))).toMatchObject(waiting);
    expect(await createFunction(database.writerUrl, AFTER).invoke(batchOf(1, 1))).toMatchObject(waiting);
  });

  test('under the old key is refused once the rotation is over', async () => {
    const database = await createFilled(1);
    await rekeyAll(database.rekeyerUrl);
    const invoked = createFunction(database.writerUrl, BEFORE).invoke(batchOf(1, 1));
    await expect(invoked).rejects.toThrow('is written under the layer key k2, and the settings have k1');
  });

  test('gives up after five tries, and waits', async () => {
    const database = await createFilled(1);
    await database.query(`
      create sequence tries;
      grant usage on sequence tries to login_writer;
      create or replace function mask_guard(want_kid text, want_next text, want_frontier text, want_generation bigint)
      returns void language plpgsql as $$
      begin
        perform nextval('tries');
        raise exception using errcode = 'LE001';
      end $$`);
    const { outcomes } = await createFunction(database.writerUrl, BETWEEN).invoke(batchOf(1, 3));
    expect(outcomes).toEqual(Array(3).fill('retry database LE001'));
    expect(await database.query('select last_value::integer as tries from tries')).toEqual([{ tries: 5 }]);
  });
});

describe('rekey', () => {
  test('says that no function has the new key, and changes nothing', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl, BEFORE).invoke(batchOf(0, 3));
    expect(await rekeyAll(database.rekeyerUrl)).toEqual({ outcome: 'not enrolled', moved: 0, left: 6 });
    expect(await database.query('select kid, next_kid from mask_state')).toEqual([{ kid: 'k1', next_kid: null }]);
  });

  test('that is killed goes on where it stopped', async () => {
    const database = await createFilled(500);
    const env = { ...START, DATABASE_URL: database.rekeyerUrl };
    await killAtLock(database, 'lock table mask_state in access share mode', { args: ['rekey', '--to', 'k2'], env });
    expect(await rekeyAll(database.rekeyerUrl)).toMatchObject({ outcome: 'done', left: 0 });
    await expectRotated(database, 501);
  });

  test('that is interrupted goes on where it stopped', async () => {
    const database = await createFilled(500);
    const stop = new AbortController();
    const result = await rekeyAll(database.rekeyerUrl, { stop: stop.signal, onMoved: () => stop.abort() });
    expect(result).toMatchObject({ outcome: 'stopped', left: 1_002 - result.moved });
    expect(await rekeyAll(database.rekeyerUrl)).toMatchObject({ outcome: 'done', left: 0 });
  });

  test('is refused beside another one', async () => {
    const database = await createFilled(1);
    await database.query('begin; select from mask_state for update');
    await expect(rekeyAll(database.rekeyerUrl)).rejects.toThrow('Another rekey or erase is at work');
    await database.query('rollback');
  });

  test('with a key that is not the one of its id changes nothing', async () => {
    const database = await createFilled(1);
    await database.query("update mask_keys set check_value = '00000000' where name = 'k2'");
    await expect(rekeyAll(database.rekeyerUrl)).rejects.toThrow('The layer key is not the one');
    expect(await database.query('select next_kid from mask_state')).toEqual([{ next_kid: null }]);
  });

  test('leaves alone what only looks like a pseudonym, and a later sweep moves what an old release wrote', async () => {
    const database = await createFilled(1);
    await database.query("insert into user_logins (user_id, masked_ip) values ('odd', 'k1_'), ('odd', 'k1_xyz')");
    expect(await rekeyAll(database.rekeyerUrl)).toMatchObject({ outcome: 'done', left: 0 });
    const odd = await database.query("select masked_ip from user_logins where user_id = 'odd' order by 1");
    expect(odd).toEqual([{ masked_ip: 'k1_' }, { masked_ip: 'k1_xyz' }]);
    const old = maskIp(
      '192.0.2.7',
      createMasker('k1', deriveMaskKeys(bytesOf(TEST_MASK_KEY), bytesOf(TEST_LAYER_KEY))),
    );
    await database.query("insert into user_logins (user_id, masked_ip) values ('late', $1)", [old]);
    expect(await rekeyAll(database.rekeyerUrl)).toMatchObject({ moved: 0, left: 1 });
    expect(await rekeyAll(database.rekeyerUrl, { sweep: true })).toMatchObject({ moved: 1, left: 0 });
    const late = await database.query("select masked_ip from user_logins where user_id = 'late'");
    expect(late).toEqual([{ masked_ip: maskIp('192.0.2.7', MASKER_AFTER) }]);
  });

  test('goes through the partitions of a table', async () => {
    const database = await createFilled(1);
    await database.query(`
      alter table user_logins rename to logins_of_2026;
      create table user_logins (like logins_of_2026) partition by range (create_date);
      alter table user_logins attach partition logins_of_2026 for values from ('2000-01-01') to ('2100-01-01');
      create table logins_later partition of user_logins default;
      grant insert on user_logins to login_writer;
      grant select (ctid, tableoid, masked_ip, masked_device_id), update (masked_ip, masked_device_id)
        on user_logins to login_rekeyer;
      insert into user_logins (masked_ip, masked_device_id, create_date)
      select masked_ip, masked_device_id, '2101-01-01' from logins_of_2026`);
    expect(await rekeyAll(database.rekeyerUrl, { steps: 256 })).toMatchObject({ outcome: 'done', moved: 8, left: 0 });
    expect(await database.query(KIDS)).toEqual([{ kid: 'k2' }]);
  });
});

describe('npx login-etl rekey', () => {
  const run = (url: string, ...args: string[]) =>
    runLoginEtl(['rekey', ...args], { env: { ...START, DATABASE_URL: url } });

  test('moves all, and says what comes next', async () => {
    const database = await createFilled(10);
    const { exitCode, stdout } = await run(database.rekeyerUrl, '--to', 'k2');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Moved 22 pseudonyms from k1 to k2; 0 are left under k1\.\nDeploy the function with MASK_KEY_ID=k2/,
    );
    expect((await run(database.rekeyerUrl, '--to', 'k2', '--json')).json).toEqual({
      from: 'k1',
      to: 'k2',
      outcome: 'done',
      moved: 0,
      left: 0,
    });
  });

  test('ends with 4 before a function has the key, and with 3 if old rows are left', async () => {
    const database = await createDatabase();
    await createFunction(database.writerUrl, BEFORE).invoke(batchOf(0, 1));
    expect(await run(database.rekeyerUrl, '--to', 'k2')).toMatchObject({ exitCode: 4, stderr: '' });
    await createFunction(database.writerUrl, BETWEEN).invoke(batchOf(1, 1));
    await run(database.rekeyerUrl, '--to', 'k2');
    await database.query(`insert into user_logins (masked_ip) values ('k1_${'0'.repeat(32)}')`);
    const { exitCode, stdout } = await run(database.rekeyerUrl, '--to', 'k2');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('--sweep') });
  });

  test.for([
    [['--to', 'k0'], 2, 'k1, k2, k3'],
    [['--to', 'k2', '--steps', '7'], 2, '1, 16, 256'],
    [['--to', 'k1'], 1, 'MASK_NEXT_KEY_ID and MASK_KEY_ID are one id'],
    [['--to', 'k3'], 1, 'MASK_NEXT_KEY_ID is another id than --to'],
  ] as const)('refuses %j', async ([args, exitCode, sentence]) => {
    const result = await run('postgres://nobody@127.0.0.1:1/none', ...args);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(sentence);
  });
});

describe('the function for rekey', () => {
  const call = (database: TestDatabase, request: unknown, beginStepsMs?: number) =>
    createRekey({ ...START, DATABASE_URL: database.rekeyerUrl }, beginStepsMs)(request);
  const request = { to: 'k2', steps: 16, sweep: false };

  test('moves all, in as many calls as it takes', async () => {
    const database = await createFilled(40);
    const answers = [];
    do answers.push(await call(database, request, 0));
    while (answers.at(-1)?.outcome === 'stopped');
    // One step in each call, and the last of them finds that it is done.
    expect(answers).toHaveLength(16);
    expect(answers.at(-1)).toMatchObject({ from: 'k1', outcome: 'done', left: 0 });
    expect(answers.reduce((sum, { moved }) => sum + moved, 0)).toBe(82);
    await expectRotated(database, 41);
    expect(await call(database, request)).toMatchObject({ outcome: 'done', moved: 0 });
  });

  test.for([null, {}, { ...request, to: 'root' }, { ...request, steps: 2 }, { ...request, sweep: 'yes' }])(
    'refuses the request %j',
    async (wrong) => {
      await expect(call(await createDatabase(), wrong)).rejects.toThrow('does not know this request');
    },
  );

  test('does not move to another key than that of its settings', async () => {
    await expect(call(await createFilled(1), { ...request, to: 'k3' })).rejects.toThrow('is another id than --to');
  });
});
