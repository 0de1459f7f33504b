import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { CANARY } from '../support/canary.ts';
import { createDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { KMS_KEY, startKms } from '../support/kms.ts';
import { OWNER, type Rds, startRds } from '../support/rds.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';
import { refuseAndTell } from '../support/telling-trigger.ts';
import { VAULT_KEYS } from '../support/vault.ts';

const GOOD = { ...VALID_BODY, user_id: CANARY.user, ip: CANARY.ip, device_id: CANARY.device };

const good = [
  GOOD,
  { ...GOOD, ip: CANARY.ipv6 },
  { ...GOOD, ip: CANARY.noIp },
  { ...GOOD, [CANARY.key]: CANARY.value, nested: { [CANARY.key]: { [CANARY.key]: CANARY.value } } },
  { Type: 'Notification', Message: JSON.stringify(GOOD) },
  // What is changed in these is counted by reason, and quoted by nothing.
  { ...GOOD, ip: `${CANARY.ip}:443, ${CANARY.noIp}`, app_version: CANARY.value, device_type: 'x'.repeat(40) },
  JSON.stringify(JSON.stringify({ ...GOOD, locale: `${CANARY.value}\0` })),
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
  { ...GOOD, app_version: [CANARY.value] },
  { ...GOOD, again: { ip: CANARY.ipv6 } },
  `${JSON.stringify(GOOD)}\n${CANARY.text}`,
  Buffer.from(JSON.stringify(GOOD)).toString('base64'),
  { Type: 'Notification', Message: CANARY.text },
];

const asEvent = (bodies: readonly unknown[]) => sqsEvent(bodies.map((body) => sqsRecord(body)));

/** @returns all that a function environment of its own printed */
async function runEntry(
  env: Record<string, string | undefined>,
  events: readonly unknown[],
  entry = 'handler.ts',
): Promise<string> {
  const program = join(import.meta.dirname, '..', 'support', 'handler-process.ts');
  const child = spawn(process.execPath, [program, entry], {
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', ...env },
  });
  child.stdin.end(events.map((event) => JSON.stringify(event)).join('\n'));
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(code).toBe(0);
  return stdout + stderr;
}

function expectNoCanary(output: string): void {
  for (const canary of Object.values(CANARY)) expect(output).not.toContain(canary);
  // Neither bits of them, as an error that quotes its input in part would print.
  expect(output).not.toMatch(/canary|203\.0\.113/i);
}

const settings = (databaseUrl: string) => ({ DATABASE_URL: databaseUrl, MASK_KEY: TEST_MASK_KEY });

test('no raw value leaves the function with a good batch, a bad one, or one of both', async () => {
  const database = await createDatabase();
  const output = await runEntry(settings(database.writerUrl), [
    asEvent(good),
    asEvent(bad),
    asEvent([...good, ...bad]),
  ]);
  expect(output).toContain('"Stored":7');
  expect(output).toContain('bad_text device_id');
  expectNoCanary(output);
});

test.each(['22P02', '23514', 'P0001', '53100', '40P01'])(
  'no raw value leaves it when the database says %s, and quotes the row',
  async (sqlstate) => {
    const database = await createDatabase();
    await refuseAndTell(database, 'insert', 'user_logins', sqlstate);
    const output = await runEntry(settings(database.writerUrl), [asEvent(good)]);
    expect(output).toContain(sqlstate);
    expectNoCanary(output);
  },
);

test('no raw value leaves it when the database or the queue is out of reach', async () => {
  const env = { ...settings('postgres://u:p@127.0.0.1:1/d'), QUEUE_URL: 'http://127.0.0.1:1/1/q' };
  const output = await runEntry({ ...env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, [
    asEvent([...good, ...bad]),
  ]);
  expect(output).toContain('ECONNREFUSED');
  expect(output).toContain('VisibilityNotSet');
  expectNoCanary(output);
});

test('no raw value leaves it when it throws', async () => {
  const database = await createDatabase();
  const [nameless] = asEvent(good).Records as [SQSRecord];
  const events = [{ Records: [{ ...nameless, messageId: undefined }] }, { Records: GOOD }, { Records: [null] }];
  const output = await runEntry(settings(database.writerUrl), events);
  expect(output).toContain('MalformedEventError');
  expectNoCanary(output);
});

test('no setting leaves it when settings are wrong', async () => {
  const env = { DATABASE_URL: `mysql://${CANARY.user}`, MASK_KEY: `hex:${CANARY.text}`, MASK_KEY_ID: CANARY.value };
  const output = await runEntry({ ...env, QUEUE_URL: CANARY.key }, [asEvent(good)]);
  expect(output).toContain('ConfigError');
  expectNoCanary(output);
});

test('no raw value is in the table either', async () => {
  const database = await createDatabase();
  await runEntry(settings(database.writerUrl), [asEvent(good)]);
  const rows = await database.query('select masked_ip, masked_device_id from user_logins');
  expect(rows).toHaveLength(good.length);
  expectNoCanary(JSON.stringify(rows));
});

describe('with the vault on', () => {
  const sealing = (url: string) => ({ ...settings(url), VAULT_PUBLIC_KEY: VAULT_KEYS.publicPem });

  test('no raw value leaves the function, nor is any in the vault, with good batches, bad ones and known ones', async () => {
    const database = await createDatabase();
    const known = asEvent(good);
    const output = await runEntry(sealing(database.writerUrl), [known, asEvent([...good, ...bad]), known]);
    expect(output).toContain('"Duplicate":7');
    expectNoCanary(output);
    const vault = await database.query("select encode(sealed, 'escape') || vault::text as all from vault");
    expect(vault.length).toBeGreaterThan(3);
    expectNoCanary(JSON.stringify(vault));
  });

  test('nor when the vault cannot be written to', async () => {
    const database = await createDatabase();
    await database.query('alter table vault add constraint none check (field = 0)');
    const output = await runEntry(sealing(database.writerUrl), [asEvent(good)]);
    expect(output).toContain('database 23514');
    expectNoCanary(output);
  });

  test('nor does what is given for its key', async () => {
    const wrong = { ...settings('postgres://nobody@127.0.0.1:1/none'), VAULT_PUBLIC_KEY: CANARY.text };
    const output = await runEntry(wrong, [asEvent(good)]);
    expect(output).toContain('VAULT_PUBLIC_KEY is neither');
    expectNoCanary(output);
  });
});

describe('with keys from KMS and logins with tokens', () => {
  const ACCESS = {
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'canary-secret-access-key',
    AWS_SESSION_TOKEN: 'canary-session-token',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    MASK_KMS_KEY: KMS_KEY,
  };
  const migrationOf = (rds: Rds) => ({ ...ACCESS, DATABASE_URL: rds.urlFor(OWNER) });

  /** Nor a token, of which the signature is the secret part. */
  function expectNoSecret(output: string, rds: Rds): void {
    expectNoCanary(output);
    expect(output).not.toMatch(/X-Amz|Action=connect/);
    for (const { password } of rds.logins) expect(output).not.toContain(password);
  }

  test('no raw value or token leaves a deployment, the function or the maintenance', async () => {
    const rds = await startRds();
    const kms = await startKms(TEST_MASK_KEY);
    const env = { ...ACCESS, AWS_ENDPOINT_URL: kms.endpoint, DATABASE_LOGIN: 'iam' };
    const output = [
      await runEntry(migrationOf(rds), [{}, {}], 'migrate-handler.ts'),
      await runEntry({ ...env, DATABASE_URL: rds.urlFor('login_writer') }, [asEvent([...good, ...bad])]),
      await runEntry({ ...env, DATABASE_URL: rds.urlFor('login_maintainer') }, [{}], 'maintain-handler.ts'),
    ].join('');
    for (const done of ['"applied":["000001', '"applied":[]', '"Stored":7', '"deleted":0']) {
      expect(output).toContain(done);
    }
    expectNoSecret(output, rds);
  });

  test('nor when all of them are refused', async () => {
    const rds = await startRds('password');
    const kms = await startKms(TEST_MASK_KEY);
    const env = { ...ACCESS, AWS_ENDPOINT_URL: kms.endpoint, DATABASE_LOGIN: 'iam' };
    const output = [
      await runEntry(migrationOf(rds), [{}], 'migrate-handler.ts'),
      await runEntry({ ...env, DATABASE_URL: rds.urlFor('login_writer') }, [asEvent([...good, ...bad])]),
      await runEntry({ ...env, DATABASE_URL: rds.urlFor('login_maintainer') }, [{}], 'maintain-handler.ts'),
    ].join('');
    for (const refusal of ['password authentication failed', 'database 28000']) expect(output).toContain(refusal);
    expectNoSecret(output, rds);
  });

  test('nor when AWS cannot be used', async () => {
    const rds = await startRds();
    const kms = await startKms(TEST_MASK_KEY);
    kms.failWith({ error: 'canary of the service' });
    const settings = { ...ACCESS, DATABASE_LOGIN: 'iam', DATABASE_URL: rds.urlFor('login_writer') };
    const output = [
      await runEntry(settings, [asEvent([...good, ...bad])]),
      await runEntry({ ...settings, AWS_ENDPOINT_URL: kms.endpoint }, [asEvent([...good, ...bad])]),
      await runEntry({ ...settings, MASK_KMS_KEY: CANARY.text }, [asEvent(good)]),
    ].join('');
    for (const reason of ['kms ECONNREFUSED', 'kms Error']) expect(output).toContain(reason);
    expectNoSecret(output, rds);
  });

  test('nor when the settings are wrong', async () => {
    const wrong = { DATABASE_URL: `postgres://u:${CANARY.key}@${CANARY.text}/d?sslrootcert=${CANARY.value}` };
    const passwords = { DATABASE_URL: `postgres://u:${CANARY.key}@${CANARY.text}/d`, DATABASE_LOGIN: 'iam' };
    const outputs = [
      await runEntry(wrong, [asEvent(good)]),
      await runEntry({ ...passwords, MASK_KMS_KEY: CANARY.text, MASK_KEY: CANARY.value }, [asEvent(good)]),
      await runEntry(wrong, [{}], 'migrate-handler.ts'),
      await runEntry(passwords, [{}], 'maintain-handler.ts'),
      await runEntry({ ...passwords, DATABASE_LOGIN: CANARY.text }, [{}], 'maintain-handler.ts'),
    ];
    for (const output of outputs) {
      expect(output).toContain('ConfigError: ');
      expectNoCanary(output);
    }
  });
});
