import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createDeadLetters, type DeadLetters, WITHOUT_IP } from '../support/dead-letters.ts';
import { createFunction, TEST_MASK_KEY } from '../support/function.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';

const OTHER_KEY = `${TEST_MASK_KEY.slice(0, -1)}0`;

async function createBoth(): Promise<DeadLetters & { database: TestDatabase; env: Record<string, string> }> {
  const database = await createDatabase();
  const env = { DATABASE_URL: database.writerUrl, MASK_KEY: TEST_MASK_KEY };
  return { ...(await createDeadLetters()), database, env };
}

const contents = async ({ query }: TestDatabase) => ({
  rows: await query('select * from user_logins'),
  ledger: await query('select * from ingest_ledger'),
  keys: await query('select name, check_value from mask_keys order by name'),
});

describe('--try-insert tells what the database says', () => {
  test('of each message, and leaves nothing behind', async () => {
    const { dlq, sendDead, database, env } = await createBoth();
    await database.query(`alter table user_logins add constraint no_androids check (device_type <> 'android')`);
    const refused = await sendDead({ ...VALID_BODY, device_type: 'android' });
    const fine = await sendDead({ ...VALID_BODY, device_type: 'ios' });
    const bad = await sendDead(WITHOUT_IP);
    const known = await sendDead({ ...VALID_BODY, device_type: 'web' });
    const listed = (await dlq(['list', '--json'])).json.messages;
    const sentAt = Date.parse(listed.find(({ id }: { id: string }) => id === known).sentAt);
    const delivery = sqsRecord({ ...VALID_BODY, device_type: 'web' }, { messageId: known, sentAt });
    await createFunction(database.writerUrl).invoke([delivery]);
    const before = await contents(database);
    const { exitCode, json } = await dlq(['list', '--json', '--try-insert'], { env });
    expect(exitCode).toBe(0);
    const reasons = json.messages.map(({ id, reason }: { id: string; reason: string }) => [id, reason]);
    expect(Object.fromEntries(reasons)).toEqual({
      [refused]: 'refused 23514 no_androids',
      [fine]: 'would be stored',
      [bad]: 'missing ip',
      [known]: 'stored before',
    });
    expect(await contents(database)).toEqual(before);
  });

  test('also what it says at commit', async () => {
    const { dlq, sendDead, database, env } = await createBoth();
    await database.query(`
      create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'no %', new.user_id using errcode = '23001'; end $$;
      create constraint trigger late after insert on user_logins deferrable initially deferred
        for each row execute function refuse()`);
    await sendDead(VALID_BODY);
    const { json } = await dlq(['list', '--json', '--try-insert'], { env });
    expect(json.counts).toEqual({ 'refused 23001': 1 });
  });
});

test('no raw value leaves it when the database quotes the row', async () => {
  const { dlq, sendDead, database, env } = await createBoth();
  await database.query(`
    create function tell_all() returns trigger language plpgsql as $$
      begin raise exception 'no %', new.user_id using errcode = 'P0001', detail = new.user_id, hint = new.user_id; end $$;
    create trigger tell_all before insert on user_logins for each row execute function tell_all()`);
  await sendDead({ ...VALID_BODY, user_id: 'canary-user', ip: '203.0.113.201' });
  const { stdout, stderr } = await dlq(['redrive', '--dry-run', '--reason', 'unclassified P0001', '--try-insert'], {
    env,
  });
  expect(stdout).toBe('Would send 1 message back.\n');
  expect(stderr).toBe('');
  expect((await dlq(['list', '--try-insert'], { env })).stdout).not.toMatch(/canary|203\.0\.113/);
});

describe('--try-insert decides', () => {
  test('what is redriven', async () => {
    const { dlq, sendDead, database, env, depth } = await createBoth();
    await database.query(`alter table user_logins add constraint no_androids check (device_type <> 'android')`);
    await sendDead({ ...VALID_BODY, device_type: 'android' });
    await Promise.all(Array.from({ length: 20 }, () => sendDead({ ...VALID_BODY, device_type: 'ios' })));
    const { json } = await dlq(['redrive', '--try-insert', '--json'], { env });
    expect(json).toMatchObject({ sent: 20, left: { 'refused 23514 no_androids': 1 } });
    expect(await depth()).toMatchObject({ visible: 20 });
    expect(await database.query('select from user_logins')).toEqual([]);
  });

  test('what is purged', async () => {
    const { dlq, sendDead, database, env, deadDepth } = await createBoth();
    await database.query(`alter table user_logins add constraint no_androids check (device_type <> 'android')`);
    await sendDead({ ...VALID_BODY, device_type: 'android' });
    await sendDead({ ...VALID_BODY, device_type: 'ios' });
    expect(await dlq(['purge', '--reason', 'refused 23514', '--try-insert', '--yes'], { env })).toMatchObject({
      stdout: 'Deleted 1 message.\n',
    });
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });
});

describe('--reason with --try-insert', () => {
  test('is also one of the checks, as a list without it shows them', async () => {
    const { dlq, sendDead, database, env } = await createBoth();
    await database.query(`alter table user_logins add constraint no_androids check (device_type <> 'android')`);
    for (const device_type of ['android', 'ios']) await sendDead({ ...VALID_BODY, device_type });
    await sendDead(WITHOUT_IP);
    const args = ['--reason', 'passes checks', '--try-insert', '--json'];
    const listed = (await dlq(['list', ...args], { env })).json.messages;
    expect(listed.map(({ reason }: { reason: string }) => reason).sort()).toEqual([
      'refused 23514 no_androids',
      'would be stored',
    ]);
    expect((await dlq(['redrive', ...args], { env })).json).toMatchObject({
      sent: 1,
      left: { 'refused 23514 no_androids': 1 },
    });
  });
});

describe('if the database cannot be asked, the command says so in one sentence and hides nothing', () => {
  test.each([
    ['no settings', { DATABASE_URL: '' }, /DATABASE_URL is missing/],
    ['out of reach', { DATABASE_URL: 'postgres://u:canary@127.0.0.1:1/d' }, /cannot be asked \(ECONNREFUSED\)/],
  ])('%s', async (_name, wrong, sentence) => {
    const { dlq, sendDead, env, deadDepth } = await createBoth();
    await sendDead(VALID_BODY);
    const { exitCode, stdout, stderr } = await dlq(['list', '--try-insert'], { env: { ...env, ...wrong } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*\n$/);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain('canary');
    expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
  });

  test.each(['list', 'redrive'])(
    '%s ends if it goes away meanwhile, and sends nothing that was not checked',
    async (command) => {
      const { dlq, sendDead, database, env, depth, deadDepth } = await createBoth();
      await database.query('revoke insert on user_logins from login_writer');
      await sendDead(VALID_BODY);
      const { exitCode, stderr } = await dlq([command, '--try-insert'], { env });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/The database cannot be asked \(42501\)\.\n$/);
      expect(await depth()).toMatchObject({ visible: 0 });
      expect(await deadDepth()).toEqual({ visible: 1, inFlight: 0 });
    },
  );

  test('another key than the one it was written with', async () => {
    const { dlq, sendDead, env, database } = await createBoth();
    await createFunction(database.writerUrl).invoke([sqsRecord(VALID_BODY)]);
    await sendDead(VALID_BODY);
    const { exitCode, stderr } = await dlq(['list', '--try-insert'], { env: { ...env, MASK_KEY: OTHER_KEY } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The mask key is not the one');
  });

  test('looking enrols no key', async () => {
    const { dlq, sendDead, env, database } = await createBoth();
    await sendDead(VALID_BODY);
    expect((await dlq(['list', '--try-insert'], { env: { ...env, MASK_KEY: OTHER_KEY } })).exitCode).toBe(0);
    expect(await database.query('select from mask_keys')).toEqual([]);
  });
});
