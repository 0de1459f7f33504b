import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { connectTo, type TestDatabase } from '../support/database.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY, TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { killAtLock } from '../support/killed-command.ts';
import { startOwnServer } from '../support/own-server.ts';
import { type ProgramOptions, type ProgramResult, runLoginEtl } from '../support/program.ts';
import { sqsRecord, VALID_BODY } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { VAULT_KEYS, withVault } from '../support/vault.ts';

const OLD = { MASK_LAYER_KEY: TEST_LAYER_KEY };
const BOTH = { ...OLD, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const NEW = { MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_NEXT_LAYER_KEY };

/** A login of each of 20 users, who have an address and a device of their own. */
const logins = () =>
  Array.from({ length: 20 }, (_, i) =>
    sqsRecord({ ...VALID_BODY, user_id: `user ${i}`, ip: `192.0.2.${i}`, device_id: `device ${i}` }),
  );
/** Where the value of a user has two pseudonyms. */
const SPLIT = `select user_id from user_logins group by user_id
  having count(distinct masked_ip) <> 1 or count(distinct masked_device_id) <> 1`;
const KIDS =
  'select distinct left(masked, 3) as kid from user_logins, unnest(array[masked_ip, masked_device_id]) as masked order by 1';

async function startSystem() {
  const server = await startOwnServer('trust');
  await server.query('create database logins');
  const url = server.urlOf('logins');
  await migrate(url);
  const as = (role: string) => Object.assign(new URL(url), { username: role }).href;
  // Each on a connection of its own: none outlives a restore.
  const query: TestDatabase['query'] = async (sql, values) => (await (await connectTo(url)).query(sql, values)).rows;
  return {
    url,
    query,
    backUp: () => server.backUp(),
    lambda: (env: Record<string, string>) => withVault(as('login_writer'), env),
    run(role: string, args: string[], options: ProgramOptions = {}): Promise<ProgramResult> {
      const env = { MASK_KEY: TEST_MASK_KEY, DATABASE_URL: as(role), ...options.env };
      return runLoginEtl(args, { ...options, env });
    },
    rekeying: () => ({ args: ['rekey', '--to', 'k2'], env: { ...BOTH, DATABASE_URL: as('login_rekeyer') } }),
  };
}
type System = Awaited<ReturnType<typeof startSystem>>;

const countRows = ({ query }: System) => query('select count(*)::integer as rows from user_logins');
const rekey = ({ run }: System) => run('login_rekeyer', ['rekey', '--to', 'k2'], { env: BOTH });

/** A function with both keys writes, the table is moved, and the function then has the new key alone. */
async function rotate(system: System): Promise<void> {
  const between = system.lambda(BOTH);
  await between.invoke(logins());
  expect(await system.query(SPLIT)).toEqual([]);
  expect((await rekey(system)).exitCode).toBe(0);
  await between.invoke(logins());
  await system.lambda(NEW).invoke(logins());
}

/** Everything is under the new key, equal values are equal, the audit finds nothing, and what is sealed opens and matches. */
async function expectSound(system: System, rows: number): Promise<void> {
  expect(await countRows(system)).toEqual([{ rows }]);
  expect(await system.query(KIDS)).toEqual([{ kid: 'k2_' }]);
  expect(await system.query(SPLIT)).toEqual([]);
  expect(await system.run('login_analyst', ['audit', '--json'])).toMatchObject({ exitCode: 0, json: { findings: 0 } });
  const folder = temporaryFolder();
  const pseudonyms = await system.query('select distinct masked_ip from user_logins');
  for (const { masked_ip } of pseudonyms) {
    const out = join(folder, masked_ip);
    const args = ['recover', '--field', 'ip', '--pseudonym', masked_ip, '--reason', 'a test', '--out', out, '--json'];
    const env = { ...NEW, VAULT_PRIVATE_KEY: VAULT_KEYS.privateFile };
    expect(await system.run('login_recoverer', args, { env })).toMatchObject({ exitCode: 0, json: { recovered: 1 } });
  }
}

const PLACES = {
  'from before the rotation': async () => {},
  'from the middle of the rotation': async (system: System) => {
    await system.lambda(BOTH).invoke(logins());
    const last = `select from user_logins where right(masked_ip, 32) = (select max(right(masked_ip, 32)) from user_logins) for update`;
    await killAtLock(system, last, system.rekeying());
    const [state] = await system.query("select next_kid, frontier > '' as is_half_way from mask_state");
    expect(state).toEqual({ next_kid: 'k2', is_half_way: true });
  },
} as const;

describe.each(Object.entries(PLACES))('a backup %s, put back after it', (_when, prepare) => {
  test('is refused by a function with the new key alone, and moved by the procedure, without a mixture at any time', async () => {
    const system = await startSystem();
    await system.lambda(OLD).invoke(logins());
    await prepare(system);
    const [{ rows }] = (await countRows(system)) as [{ rows: number }];
    const restore = await system.backUp();
    const warm = system.lambda(NEW);
    await rotate(system);
    await warm.invoke(logins());
    await expectSound(system, rows + 80);
    await restore();
    for (const lambda of [warm, system.lambda(NEW)]) {
      const invoked = lambda.invoke(logins()).then(
        ({ outcomes }) => outcomes,
        (error) => [`${error}`],
      );
      for (const outcome of await invoked) expect(outcome).toMatch(/under the layer key k1, and .* have k2|^retry /);
    }
    expect(await countRows(system)).toEqual([{ rows }]);
    await rotate(system);
    await expectSound(system, rows + 60);
    const refused = system.lambda(OLD).invoke(logins());
    await expect(refused).rejects.toThrow('under the layer key k2, and the settings have k1');
  });
});

test('a person who has been erased since is erased again, once no rotation is open', async () => {
  const system = await startSystem();
  await system.lambda(OLD).invoke(logins());
  await PLACES['from the middle of the rotation'](system);
  const restore = await system.backUp();
  expect((await rekey(system)).exitCode).toBe(0);
  const erase = () => system.run('login_eraser', ['erase', '--user', '--json'], { input: 'user 7' });
  expect(await erase()).toMatchObject({ exitCode: 0, json: { rows: 2, values: 2 } });
  await restore();
  expect(await erase()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('finish "npx login-etl rekey"') });
  expect((await rekey(system)).exitCode).toBe(0);
  expect(await erase()).toMatchObject({ exitCode: 0, json: { rows: 2, values: 2 } });
  expect(await system.query("select from user_logins where user_id = 'user 7'")).toEqual([]);
});

test('a function that remembers values as sealed seals those again that the backup does not have', async () => {
  const system = await startSystem();
  const restore = await system.backUp();
  const warm = system.lambda(OLD);
  await warm.invoke(logins());
  await restore();
  for (let tries = 0; tries < 2; tries++) await warm.invoke(logins());
  const [counts] = await system.query(`select count(distinct masked)::integer as pseudonyms,
    (select count(*) from vault)::integer as sealed from user_logins, unnest(array[masked_ip, masked_device_id]) as masked`);
  expect(counts).toEqual({ pseudonyms: 40, sealed: 40 });
});
