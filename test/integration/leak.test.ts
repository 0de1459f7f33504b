import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';

/** Values that stand nowhere else, so that finding one in any output is finding a leak. */
const CANARY = {
  ip: '203.0.113.201',
  ipv6: '2001:db8:ca:4a::17',
  noIp: 'canary-no-address-4711',
  device: 'canary-device-815-00-4242',
  user: 'canary-user-31337',
  key: 'canary_key_name',
  value: 'canary-value-of-unknown-key',
  text: 'canary-text-outside-of-json',
} as const;

const GOOD = { ...VALID_BODY, user_id: CANARY.user, ip: CANARY.ip, device_id: CANARY.device };

const good = [
  GOOD,
  { ...GOOD, ip: CANARY.ipv6 },
  { ...GOOD, ip: CANARY.noIp },
  { ...GOOD, [CANARY.key]: CANARY.value, nested: { [CANARY.key]: { [CANARY.key]: CANARY.value } } },
  { Type: 'Notification', Message: JSON.stringify(GOOD) },
];

const bad = [
  CANARY.text,
  `{"ip": "${CANARY.ip}", "device_id": "${CANARY.device}" ${CANARY.text}`,
  JSON.stringify(CANARY.text),
  [GOOD],
  { ...GOOD, user_id: { [CANARY.key]: CANARY.value } },
  { ...GOOD, user_id: CANARY.user.repeat(20) },
  { ...GOOD, ip: [CANARY.ip] },
  { ...GOOD, device_id: `${CANARY.device}\0` },
  { ...GOOD, app_version: CANARY.value },
  { ...GOOD, again: { ip: CANARY.ip } },
  { Type: 'Notification', Message: CANARY.text },
];

const asEvent = (bodies: readonly unknown[]) => sqsEvent(bodies.map((body) => sqsRecord(body)));

/** @returns all that a function environment of its own printed */
function runEntry(env: Record<string, string>, events: readonly unknown[]): string {
  const entry = join(import.meta.dirname, '..', 'support', 'handler-process.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [entry], {
    input: events.map((event) => JSON.stringify(event)).join('\n'),
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', ...env },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  return stdout + stderr;
}

function expectNoCanary(output: string): void {
  for (const canary of Object.values(CANARY)) expect(output).not.toContain(canary);
  // Neither bits of them, as an error that quotes its input in part would print.
  expect(output).not.toMatch(/canary|203\.0\.113/i);
}

async function poisonedDatabase(sqlstate: string) {
  const database = await createDatabase();
  await database.query(`
    create function tell_all() returns trigger language plpgsql as $$
    begin
      raise exception 'no % for %', new.user_id, new.masked_ip
        using errcode = '${sqlstate}', detail = new.user_id, hint = new.user_id, column = new.user_id;
    end $$;
    create trigger tell_all before insert on user_logins for each row execute function tell_all()`);
  return database;
}

const settings = (databaseUrl: string) => ({ DATABASE_URL: databaseUrl, MASK_KEY: TEST_MASK_KEY });

test('no raw value leaves the function with a good batch, a bad one, or one of both', async () => {
  const database = await createDatabase();
  const output = runEntry(settings(database.writerUrl), [asEvent(good), asEvent(bad), asEvent([...good, ...bad])]);
  expect(output).toContain('"Stored":5');
  expect(output).toContain('bad_text device_id');
  expectNoCanary(output);
});

test.each(['22P02', '23514', 'P0001', '53100', '40P01'])(
  'no raw value leaves it when the database says %s, and quotes the row',
  async (sqlstate) => {
    const database = await poisonedDatabase(sqlstate);
    const output = runEntry(settings(database.writerUrl), [asEvent(good)]);
    expect(output).toContain(sqlstate);
    expectNoCanary(output);
  },
);

test('no raw value leaves it when the database or the queue is out of reach', () => {
  const env = { ...settings('postgres://u:p@127.0.0.1:1/d'), QUEUE_URL: 'http://127.0.0.1:1/1/q' };
  const output = runEntry({ ...env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, [asEvent([...good, ...bad])]);
  expect(output).toContain('ECONNREFUSED');
  expect(output).toContain('VisibilityNotSet');
  expectNoCanary(output);
});

test('no raw value leaves it when it throws', async () => {
  const database = await createDatabase();
  const [nameless] = asEvent(good).Records as [SQSRecord];
  const events = [{ Records: [{ ...nameless, messageId: undefined }] }, { Records: GOOD }, { Records: [null] }];
  const output = runEntry(settings(database.writerUrl), events);
  expect(output).toContain('MalformedEventError');
  expectNoCanary(output);
});

test('no setting leaves it when settings are wrong', () => {
  const env = { DATABASE_URL: `mysql://${CANARY.user}`, MASK_KEY: `hex:${CANARY.text}`, MASK_KEY_ID: CANARY.value };
  const output = runEntry({ ...env, QUEUE_URL: CANARY.key }, [asEvent(good)]);
  expect(output).toContain('ConfigError');
  expectNoCanary(output);
});

test('no raw value is in the table either', async () => {
  const database = await createDatabase();
  runEntry(settings(database.writerUrl), [asEvent(good)]);
  const rows = await database.query('select masked_ip, masked_device_id from user_logins');
  expect(rows).toHaveLength(5);
  expectNoCanary(JSON.stringify(rows));
});
