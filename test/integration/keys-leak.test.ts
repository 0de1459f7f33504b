import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { NEW_ACCOUNT, startAwsAccount } from '../support/aws-account.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { CANARY } from '../support/canary.ts';
import { connectTo, createDatabase, type TestDatabase, untilWaiting } from '../support/database.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY, TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { GIVEN_TABLE } from '../support/given-table.ts';
import { startLoginEtl } from '../support/killed-command.ts';
import { type ProgramOptions, runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { refuseAndTell } from '../support/telling-trigger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { VAULT_KEYS, withVault } from '../support/vault.ts';

/** Also bits of them, as an error that quotes its input in part would print. */
const LEAK = /canary|203\.0\.113|2001:db8|203-0-113/i;

const KEYS = { MASK_KEY: TEST_MASK_KEY, MASK_LAYER_KEY: TEST_LAYER_KEY };
const WINDOW = { ...KEYS, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const OPENING = { VAULT_PRIVATE_KEY: VAULT_KEYS.privateFile };
const ADOPTING = { ...KEYS, MASK_ADOPTED: 'sha256' };

const login = (ip: string) => sqsRecord({ ...VALID_BODY, user_id: CANARY.user, ip, device_id: CANARY.device });

/** Rows and sealed values of the canaries, and both keys of a rotation known. */
async function createFilled(): Promise<TestDatabase> {
  const database = await createDatabase();
  const { invoke } = withVault(database.writerUrl, WINDOW);
  await invoke([CANARY.ip, CANARY.ipv6, CANARY.noIp].map(login));
  return database;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A table of another program, with hashes and with values that it did not hash. */
async function createOld(): Promise<TestDatabase> {
  const database = await createDatabase('empty');
  await database.query(GIVEN_TABLE);
  await database.query(
    `insert into user_logins (user_id, masked_ip, masked_device_id, locale) values ($1, $2, $3, $4), ($1, $4, $5, $4)`,
    [CANARY.user, sha256(CANARY.ip), sha256(CANARY.device), CANARY.ip, CANARY.device],
  );
  await migrate(database.url);
  return database;
}

/** Runs a command as it is and with --json, and looks for canaries in all that it prints. @returns that */
async function quiet(exitCode: number, args: readonly string[] | (() => string[]), options: ProgramOptions = {}) {
  let output = '';
  for (const json of [[], ['--json']]) {
    const line = typeof args === 'function' ? args() : args;
    const result = await runLoginEtl([...line, ...json], options);
    const printed = result.stdout + result.stderr;
    expect({ line, leak: LEAK.exec(printed), exitCode: result.exitCode }).toEqual({ line, leak: null, exitCode });
    output += printed;
  }
  return output;
}

let folder: string;
let files: number;
beforeEach(() => {
  folder = temporaryFolder();
  files = 0;
});
const newFile = () => join(folder, `file-${files++}`);
function fileOf(text: string): string {
  const file = newFile();
  writeFileSync(file, text);
  return file;
}

/** One of each command that has a function on a stage, but recover, which writes a file. */
const LINES = [['pseudonym', '--field', 'ip'], ['rekey', '--to', 'k2'], ['adopt'], ['audit'], ['erase', '--user']];

const recovering =
  (...args: string[]) =>
  () => ['recover', '--field', 'ip', '--reason', 'a case', '--out', newFile(), ...args];

describe('with what the commands are for, no raw value is in any output', () => {
  test('of pseudonym, recover, audit, rekey and a request to know, which write values to their files alone', async () => {
    const database = await createFilled();
    const at = (role: 'url' | 'rekeyerUrl' | 'recovererUrl' | 'analystUrl') => ({ DATABASE_URL: database[role] });
    for (const [field, value] of [
      ['ip', CANARY.ip],
      ['ip', `${CANARY.ip}:443, ${CANARY.ipv6}`],
      ['ip', CANARY.noIp],
      ['device_id', CANARY.device],
    ] as const) {
      const options = { env: { ...WINDOW, ...at('url') }, input: value };
      expect(await quiet(0, ['pseudonym', '--field', field], options)).toMatch(/k1t?_[0-9a-f]{32}/);
    }
    const rows = await database.query<{ masked_ip: string }>('select masked_ip from user_logins');
    const asked = fileOf(rows.map(({ masked_ip }) => masked_ip).join('\n'));
    for (const keys of [{}, KEYS]) {
      const env = { ...keys, ...OPENING, ...at('recovererUrl') };
      expect(await quiet(0, recovering('--file', asked), { env })).toContain('recover_audit');
      expect(readFileSync(join(folder, `file-${files - 1}`), 'utf8')).toContain(CANARY.ip);
    }
    const own = newFile();
    expect(await quiet(0, ['export', '--user', '--out', own], { env: at('analystUrl'), input: CANARY.user })).toMatch(
      /"rows":\s*3/,
    );
    expect(readFileSync(own, 'utf8')).not.toContain(CANARY.ip);
    expect(await quiet(0, ['rekey', '--to', 'k2'], { env: { ...WINDOW, ...at('rekeyerUrl') } })).toContain('k2');
    const [sealed] = await database.query("select encode(sealed, 'escape') || vault::text as all from vault");
    expect(sealed?.all).not.toMatch(LEAK);
    await database.query(
      'insert into user_logins (user_id, masked_ip, masked_device_id, locale) values ($1, $2, $3, $2)',
      [CANARY.user, CANARY.ip, CANARY.device],
    );
    expect(await quiet(3, ['audit', '--rows'], { env: at('analystUrl') })).toContain('like an IPv4 address');
  });

  test('of erase and adopt', async () => {
    const database = await createFilled();
    const env = { DATABASE_URL: database.eraserUrl };
    await runLoginEtl(['erase', '--user', '--json'], { env, input: 'somebody else' });
    const { stdout, stderr } = await runLoginEtl(['erase', '--user'], { env, input: CANARY.user });
    expect(stdout).toContain('Erased 3 rows');
    expect(stdout + stderr).not.toMatch(LEAK);
    expect(await quiet(3, ['erase', '--user'], { env, input: CANARY.user })).toContain('There is no row');
    for (const args of [
      ['--month', '2026-01'],
      ['--before', '2026-01-01'],
    ]) {
      expect(await quiet(0, ['erase', ...args, '--yes'], { env })).toContain('Erased');
    }
    const old = await createOld();
    expect(await quiet(3, ['adopt'], { env: { ...ADOPTING, DATABASE_URL: old.url } })).toContain(
      'like an IPv4 address',
    );
  });
});

describe('no raw value is in any output', () => {
  test('when the database refuses, and quotes the row', async () => {
    for (const sqlstate of ['P0001', '22P02', '42501', '53100', '40P01']) {
      const [database, old] = [await createFilled(), await createOld()];
      const [{ masked_ip }] = (await database.query('select masked_ip from user_logins')) as [{ masked_ip: string }];
      for (const table of ['user_logins', 'vault']) await refuseAndTell(database, 'delete', table, sqlstate);
      await refuseAndTell(database, 'update', 'user_logins', sqlstate);
      await refuseAndTell(old, 'update', 'user_logins', sqlstate);
      await refuseAndTell(database, 'insert', 'recover_audit', sqlstate);
      const url = { DATABASE_URL: database.url };
      const outputs = [
        await quiet(1, ['erase', '--user'], { env: url, input: CANARY.user }),
        await quiet(1, ['adopt'], { env: { ...ADOPTING, DATABASE_URL: old.url } }),
        await quiet(1, ['rekey', '--to', 'k2'], { env: { ...WINDOW, ...url } }),
      ];
      for (const output of outputs) expect(output).toContain(sqlstate);
      const refused = sqlstate === '42501' ? 4 : 1;
      const reason = ['--reason', CANARY.user, '--pseudonym', masked_ip];
      await quiet(refused, recovering(...reason), { env: { ...OPENING, ...url } });
    }
  });

  test('when a value is given where none belongs', async () => {
    const env = { ...KEYS, ...OPENING, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    for (const value of [CANARY.ip, CANARY.device, `${CANARY.user}\n'${CANARY.ip}`]) {
      for (const line of [
        ['pseudonym', '--field', 'ip', value],
        ['pseudonym', '--field', value],
        ['pseudonym', '--field', 'ip', '--from', value],
        ['pseudonym', `--field=${value}`],
        ['erase', '--user', value],
        ['erase', `--user=${value}`],
        ['erase', '--month', value],
        ['erase', '--before', value, '--yes'],
        ['export', '--user', value],
        ['export', `--since=${value}`],
        ['recover', '--field', 'ip', '--pseudonym', value, '--reason', 'a case', '--out', newFile()],
        ['recover', '--field', 'ip', '--file', fileOf(value), '--reason', 'a case', '--out', newFile()],
        ['recover', '--field', value, '--pseudonym', 'k1_0', '--reason', 'a case', '--out', newFile()],
        ['rekey', '--to', value],
        ['rekey', '--to', 'k2', '--steps', value],
        ['audit', value],
        ['audit', `--rows=${value}`],
        ['adopt', value],
        ['vault', 'new-key', value],
      ]) {
        await quiet(2, line, { env, input: '' });
      }
    }
  });

  test('when standard input is not what a command reads', async () => {
    const [env, none] = [{ ...KEYS }, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }];
    for (const [code, args, input] of [
      [1, ['pseudonym', '--field', 'device_id'], `${CANARY.device}\0`],
      [2, ['pseudonym', '--field', 'ip'], `${CANARY.ip}\n${CANARY.ipv6}`],
      [2, ['pseudonym', '--field', 'ip', '--from', 'k1'], `${CANARY.ip}\nhex:${CANARY.key}`],
      [2, ['pseudonym', '--field', 'ip', '--from', 'k1'], `k1_${'0'.repeat(32)}\nhex:${CANARY.key}`],
    ] as const) {
      await quiet(code, args, { env, input });
    }
    for (const [code, input] of [
      [1, `${CANARY.user}\n${CANARY.user}`],
      [2, CANARY.user.repeat(20)],
      [2, `${CANARY.user}\0`],
    ] as const) {
      await quiet(code, ['erase', '--user'], { env: none, input });
      await quiet(code, ['export', '--user', '--out', newFile()], { env: none, input });
    }
  });

  test('when settings are wrong: no password or key is either', async () => {
    const pem = fileOf(`-----BEGIN PRIVATE KEY-----\n${CANARY.key}\n-----END PRIVATE KEY-----\n`);
    const database = { DATABASE_URL: `postgres://${CANARY.user}:${CANARY.key}@127.0.0.1:1/${CANARY.user}` };
    const wrong = { MASK_KEY: `hex:${CANARY.key}`, MASK_LAYER_KEY: CANARY.key, MASK_KEY_ID: CANARY.key };
    const noDatabase = { DATABASE_URL: `mysql://${CANARY.user}:${CANARY.key}@${CANARY.key}/` };
    for (const env of [
      { ...wrong, ...database, MASK_ADOPTED: CANARY.key, VAULT_PRIVATE_KEY: CANARY.key },
      { ...WINDOW, ...database, MASK_ADOPTED: CANARY.key, VAULT_PRIVATE_KEY: pem },
      { ...WINDOW, ...database, MASK_ADOPTED: 'sha256', ...OPENING },
      { ...WINDOW, ...noDatabase, MASK_ADOPTED: 'sha256', ...OPENING },
    ]) {
      for (const line of [...LINES, ['export', '--user', '--out', newFile()]]) {
        await quiet(1, line, { env, input: CANARY.ip });
      }
      await quiet(1, recovering('--pseudonym', `k1_${'0'.repeat(32)}`), { env });
    }
  });

  test('when a sealed value does not open, or is not the one', async () => {
    const database = await createFilled();
    const env = { ...KEYS, ...OPENING, DATABASE_URL: database.url };
    const [{ masked_ip }] = (await database.query('select masked_ip from user_logins')) as [{ masked_ip: string }];
    await database.query('update vault set seq = 0, sealed = (select sealed from vault limit 1)');
    expect(await quiet(5, recovering('--pseudonym', masked_ip), { env })).toContain('do not match');
    await database.query("update vault_batches set wrapped = 'canary'");
    await quiet(1, recovering('--pseudonym', masked_ip), { env });
    await quiet(
      1,
      () => [
        'recover',
        '--field',
        'ip',
        '--pseudonym',
        masked_ip,
        '--reason',
        'a case',
        '--out',
        VAULT_KEYS.privateFile,
      ],
      { env },
    );
  });

  test('while rekey and adopt tell how far they are', async () => {
    const [database, old] = [await createFilled(), await createOld()];
    const outputs = await Promise.all([
      outputWithProgress(database, {
        args: ['rekey', '--to', 'k2'],
        env: { ...WINDOW, DATABASE_URL: database.rekeyerUrl },
      }),
      outputWithProgress(old, { args: ['adopt', '--json'], env: { ...ADOPTING, DATABASE_URL: old.url } }),
    ]);
    for (const output of outputs) {
      expect(output).toMatch(/ of \d+ (pseudonyms|values) done/);
      expect(output).not.toMatch(LEAK);
    }
  });

  test('of a command on a stage whose function fails, or answers nonsense', async () => {
    const answers = [
      {
        functionError: 'Unhandled',
        body: JSON.stringify({ errorType: 'Error', errorMessage: CANARY.ip, trace: [CANARY.device] }),
      },
      { functionError: 'Unhandled', body: `${CANARY.ip} ${CANARY.device}` },
      { body: `<html>${CANARY.ip}` },
    ];
    let answer = answers[0] as (typeof answers)[number];
    const outputs = ['Look', 'Rekey', 'Recover', 'Erase', 'Pseudonym', 'Adopt'].map((name) => [
      `${name}Function`,
      name,
    ]);
    const AWS_ENDPOINT_URL = await startAwsAccount({
      ...NEW_ACCOUNT,
      stacks: { 'login-etl-prod-stateless': 'UPDATE_COMPLETE' },
      outputs: Object.fromEntries(outputs),
      invoke: () => answer,
    });
    stubAwsEnvironment({ AWS_ENDPOINT_URL });
    const env = { AWS_REGION: 'eu-central-1' };
    for (answer of answers) {
      for (const line of LINES) {
        expect(await quiet(1, [...line, '--stage', 'prod'], { env, input: CANARY.ip })).toContain('unction');
      }
      await quiet(1, recovering('--pseudonym', `k1_${'0'.repeat(32)}`, '--stage', 'prod'), { env });
    }
  });
});

/** Holds the command up until it has told how far it is. @returns all that it prints */
async function outputWithProgress(
  database: TestDatabase,
  command: Parameters<typeof startLoginEtl>[0],
): Promise<string> {
  const holder = await connectTo(database.url);
  await holder.query('begin; select from user_logins for update');
  const child = startLoginEtl(command);
  let output = '';
  const told = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(' done')) resolve();
      });
    }
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await untilWaiting(1, database.url, database.query);
  await told;
  await holder.query('rollback');
  await closed;
  return output;
}
