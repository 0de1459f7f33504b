import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIELD_NAMES, FIELDS, type Field } from '../../lambda/message/fields/fields.ts';
import { createDatabase } from '../support/database.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { changeFile, copyProject } from '../support/project-copy.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';

const DECLARATION = 'lambda/message/fields/fields.ts';
const KEYS = 'lambda/masking/mask-keys.ts';
const MIGRATION = 'lambda/store/schema/migrations/000099_one-more-column.sql';

/** Edit 1. The readers are written here, so that the declaration is all of it. */
const COUNTRY = `
  country: {
    column: 'country',
    type: 'varchar',
    limit: 32,
    nullable: true,
    read: readLocale,
    rejects: ['wrong_type'],
    contract: { types: ['string'], empty: 'null', text: 'as locale', examples: ['CH'] },
  },`;
const EMAIL = `
  email: {
    column: 'masked_email',
    type: 'varchar',
    limit: 256,
    nullable: true,
    secret: true,
    read: (value) => (typeof value === 'string' ? { key: 'email', text: value.toLowerCase() } : null),
    rejects: [],
    contract: { types: ['string'], empty: 'null', text: 'masked, in lower case', examples: ['a@example.org'] },
  },`;

const WITH_KEY = EMAIL.replace("'email', text", "'deviceId', text");

const declare = (field: string) => (text: string) =>
  text.replace('\n} as const satisfies', `${field}\n} as const satisfies`);
/** Edit 2. */
const migration = (column: string) => () =>
  `alter table user_logins add column ${column};\ngrant insert on user_logins to login_writer;\n`;
/** Edit 3, for what is secret. */
const addKey = (text: string) =>
  text.replace("  check: 'login-etl/mask/v1/check',", "$&\n  email: 'login-etl/mask/v1/email',");

/** What the compiler says of a copy, tests left out; empty where it is content. */
function compile(copy: string): string {
  const tsc = join(copy, 'node_modules', '.bin', 'tsc');
  return spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: copy, encoding: 'utf8' }).stdout;
}

/** Runs code in a copy, with the entries of the copy, and gives what it prints as JSON. */
function runIn(copy: string, code: string, env: Record<string, string> = {}): unknown {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', code];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`${stdout}${stderr}`);
  return JSON.parse(line);
}

/** The migrations, and then the function with one message. */
const STORE = `
  const { migrate } = await import('./lambda/store/schema/migrate.ts');
  await migrate(process.env.OWNER_URL);
  const { createHandler } = await import('./lambda/create-handler.ts');
  const response = await createHandler(process.env)(JSON.parse(process.env.EVENT));
  console.log(JSON.stringify(response));
  process.exit();`;
const SHOW = `
  const { maskedView } = await import('./tools/dlq/masked-view.ts');
  console.log(JSON.stringify(maskedView(JSON.parse(process.env.EVENT).Records[0], null).event));`;

async function storeIn(copy: string, body: object): Promise<{ row: Record<string, unknown>; shown: unknown }> {
  const database = await createDatabase('empty');
  const EVENT = JSON.stringify(sqsEvent([sqsRecord(body)]));
  const urls = { OWNER_URL: database.url, DATABASE_URL: database.writerUrl };
  expect(runIn(copy, STORE, { ...urls, MASK_KEY: TEST_MASK_KEY, EVENT })).toEqual({ batchItemFailures: [] });
  const [row = {}] = await database.query('select * from user_logins');
  return { row, shown: runIn(copy, SHOW, { EVENT }) };
}

function makeContract(copy: string): string {
  spawnSync(process.execPath, ['tools/contract/contract.ts'], { cwd: copy });
  return readFileSync(join(copy, 'lambda', 'message', 'login-event.schema.json'), 'utf8');
}

test('a nullable column is two edits, and dlq show hides it until it is said to be shown', async () => {
  const copy = copyProject(DECLARATION, declare(COUNTRY));
  changeFile(copy, MIGRATION, migration('country varchar(32)'));
  expect(compile(copy)).toBe('');
  const { row, shown } = await storeIn(copy, { ...VALID_BODY, country: 'CH' });
  expect(row).toMatchObject({ user_id: VALID_BODY.user_id, country: 'CH' });
  expect(shown).toMatchObject({ country: '<hidden>', locale: 'RU' });
  expect(makeContract(copy)).toContain('"country"');
});

test('a masked field is three edits, and nowhere in the clear', async () => {
  const copy = copyProject(DECLARATION, declare(EMAIL));
  changeFile(copy, MIGRATION, migration('masked_email varchar(256)'));
  changeFile(copy, KEYS, addKey);
  expect(compile(copy)).toBe('');
  const { row, shown } = await storeIn(copy, { ...VALID_BODY, email: 'Canary@example.org' });
  expect(row.masked_email).toMatch(/^k1_[0-9a-f]{32}$/);
  expect(new Set([row.masked_ip, row.masked_device_id, row.masked_email]).size).toBe(3);
  expect(shown).toMatchObject({ email: '<hidden>' });
  expect(JSON.stringify([row, shown])).not.toMatch(/canary/i);
});

describe('the compiler refuses', () => {
  test.for([
    ['a secret without its key', EMAIL, /"email"' is not assignable to type 'ValueKeyName'/],
    ['a secret that is shown', WITH_KEY.replace('secret: true,', 'secret: true, shown: true,'), /shown/],
    ['a secret read as plain text', WITH_KEY.replace(/read:.*\n/, 'read: readLocale,\n'), /read/],
    [
      'a column that must not be null, of a reader that gives null',
      COUNTRY.replace('nullable: true', 'nullable: false'),
      /nullable|read/,
    ],
    [
      'an integer of a reader that gives text',
      COUNTRY.replace("type: 'varchar',\n    limit: 32,", "type: 'integer',"),
      /read|type/,
    ],
    ['a field without its reader', COUNTRY.replace(/read:.*\n/, '\n'), /read/],
    ['a field without its contract', COUNTRY.replace(/contract:.*\n/, '\n'), /contract/],
    ['a field without its rejections', COUNTRY.replace(/rejects:.*\n/, '\n'), /rejects/],
    ['a text without a limit', COUNTRY.replace(/limit:.*\n/, '\n'), /limit/],
  ] as const)('%s', ([, field, complaint]) => {
    const copy = copyProject(DECLARATION, declare(field));
    changeFile(copy, 'tsconfig.json', (text) => text.replace(/"include": .*/, '"include": ["lambda/message"]'));
    const errors = compile(copy);
    expect(errors).toContain('fields.ts');
    expect(errors).toMatch(complaint);
  });
});

test('the migrations make the columns that are declared, and create_date', async () => {
  const database = await createDatabase();
  const columns = await database.query<{ name: string; type: string }>(`
    select attname as name, format_type(atttypid, atttypmod) as type
    from pg_attribute where attrelid = 'user_logins'::regclass and attnum > 0`);
  const declared = FIELD_NAMES.map((name): [string, string] => {
    const { column, type, limit }: Field = FIELDS[name];
    return [column, type === 'varchar' ? `character varying(${limit})` : type];
  });
  expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual(
    Object.fromEntries([...declared, ['create_date', 'date']]),
  );
});
