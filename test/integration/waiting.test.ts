import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { createMaintenance } from '../../lambda/maintain-handler.ts';
import { keepTrying } from '../../lambda/store/connection/keep-trying.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { createDatabase, untilWaiting } from '../support/database.ts';
import { type Absence, startLateServer } from '../support/late-server.ts';
import { startStandby } from '../support/standby.ts';

const ALL = readdirSync('lambda/store/schema/migrations').map((file) => file.replace('.sql', ''));

/** Migrates as the commands do, for long enough; `said` is what they print while they wait. */
function migratePatiently(url: string) {
  const said: string[] = [];
  const done = keepTrying(() => migrate(url), { seconds: 60, say: (line) => said.push(line) });
  return { said, done, hasSaid: () => expect.poll(() => said, { timeout: 30_000 }).toHaveLength(1) };
}

describe('a job waits, in one line, for a database', () => {
  test.for([
    ['refuses', /ECONNREFUSED/],
    ['hangs up', /ECONNRESET|EPIPE|connection/],
    ['holds', /connection/],
  ] satisfies [Absence, RegExp][])('whose address %s at first', async ([absence, reason]) => {
    const { url } = await createDatabase('empty');
    const late = await startLateServer(url, absence);
    const { done, said, hasSaid } = migratePatiently(late.through(url));
    await hasSaid();
    await late.arrive();
    expect(await done).toEqual(ALL);
    expect(said).toEqual([expect.stringMatching(/^Waiting up to 60 s for the database, .*\.$/)]);
    expect(said[0]).toMatch(reason);
  });

  test('that is starting up', async () => {
    const { url, promote } = await startStandby();
    const { done, said, hasSaid } = migratePatiently(url);
    await hasSaid();
    await promote();
    expect(await done).toEqual(ALL);
    expect(said[0]).toContain('(57P03)');
  });

  test('whose name has no address yet', async () => {
    const { url } = await createDatabase('empty');
    const named = Object.assign(new URL(url), { hostname: 'not-yet.invalid' }).href;
    const { done, said, hasSaid } = migratePatiently(named);
    await hasSaid();
    expect(said[0]).toMatch(/ENOTFOUND|EAI_AGAIN/);
    const { lookup } = dns;
    vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, ...rest: [dns.LookupOptions, () => void]) =>
      lookup('127.0.0.1', ...rest)) as typeof lookup);
    expect(await done).toEqual(ALL);
    vi.restoreAllMocks();
  });

  test('that has become read-only, as the old writer does in a failover', async () => {
    const { url, query } = await createDatabase('empty');
    const name = new URL(url).pathname.slice(1);
    await query(`alter database ${name} set default_transaction_read_only = on`);
    const { done, said, hasSaid } = migratePatiently(url);
    await hasSaid();
    await query(`set transaction read write; alter database ${name} reset default_transaction_read_only`);
    expect(await done).toEqual(ALL);
    expect(said[0]).toContain('(25006)');
  });

  test('that goes away in the middle of the job, as in a restart', async () => {
    const { url, query } = await createDatabase('empty');
    await query('begin; create table user_logins ()');
    const { done, said } = migratePatiently(url);
    await untilWaiting(1, url, query);
    await query(
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    await query('rollback');
    expect(await done).toEqual(ALL);
    expect(said[0]).toContain('(57P01)');
  });

  test('as the maintenance of a deployment', async () => {
    const { maintainerUrl } = await createDatabase();
    const late = await startLateServer(maintainerUrl, 'hangs up');
    const maintaining = createMaintenance({ DATABASE_URL: late.through(maintainerUrl) })();
    await expect.poll(late.connections).toBeGreaterThan(0);
    await late.arrive();
    expect(await maintaining).toEqual({ deleted: 0 });
  });
});

describe('a job fails at once', () => {
  const failureOf = async (url: string) => {
    const { done, said } = migratePatiently(url);
    const failure = await done.then(
      () => 'it did not fail',
      ({ message }: Error) => message,
    );
    expect(said).toEqual([]);
    return failure;
  };

  test('if its login is refused', async () => {
    const { url } = await createDatabase('empty');
    const wrong = Object.assign(new URL(url), { password: 'wrong' }).href;
    expect(await failureOf(wrong)).toContain('password authentication failed');
  });

  test('if the database does not exist', async () => {
    const { url } = await createDatabase('empty');
    expect(await failureOf(Object.assign(new URL(url), { pathname: 'none' }).href)).toContain('does not exist');
  });

  test('after an error in SQL', async () => {
    const { url, query } = await createDatabase('empty');
    await query('create table user_logins (user_id integer)');
    expect(await failureOf(url)).toContain('user_id is integer, not character varying(128)');
  });

  test('if the server has no TLS, or another name', async () => {
    const { url } = await createDatabase('empty');
    expect(await failureOf(`${url}?sslmode=verify-full`)).toContain('does not support SSL');
  });
});

test('the last attempt begins when the time is up, and not before', async () => {
  const attempts: number[] = [];
  // Takes no time itself, so that what is measured is the waiting alone.
  const work = async () => {
    attempts.push(performance.now());
    throw Object.assign(new Error('nobody listens'), { code: 'ECONNREFUSED' });
  };
  const startedAt = performance.now();
  await expect(keepTrying(work, { seconds: 2, say() {} })).rejects.toThrow();
  const waited = attempts.map((at) => at - startedAt);
  expect(waited.at(-1)).toBeGreaterThanOrEqual(2_000);
  expect(waited.at(-2)).toBeLessThan(2_000);
});

describe('npx login-etl migrate', () => {
  async function run(...args: string[]) {
    const [url, ...options] = args as [string, ...string[]];
    const env = { PATH: process.env.PATH, DATABASE_URL: url };
    const child = spawn(process.execPath, ['tools/program/main.ts', 'migrate', ...options], { env });
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await closed;
    return { code, stdout, stderr };
  }

  test('says on standard error what it waits for, and then does its work', async () => {
    const { url } = await createDatabase('empty');
    const late = await startLateServer(url, 'hangs up');
    const running = run(late.through(url), '--json', '--wait', '60');
    await expect.poll(late.connections, { timeout: 30_000 }).toBeGreaterThan(0);
    await late.arrive();
    const { code, stdout, stderr } = await running;
    expect([code, JSON.parse(stdout)]).toEqual([0, { applied: ALL }]);
    expect(stderr).toMatch(/^Waiting up to 60 s for the database, [^\n]+\n$/);
  });

  test('with --wait 0 tries once', async () => {
    const { url } = await createDatabase('empty');
    const late = await startLateServer(url, 'hangs up');
    const { code, stderr } = await run(late.through(url), '--wait', '0');
    expect(code).toBe(1);
    expect(stderr).not.toContain('Waiting');
    expect(late.connections()).toBe(1);
  });

  test('names what is wrong with a password that is not percent-encoded', async () => {
    const { code, stderr } = await run('postgres://owner:se#same@127.0.0.1:1/postgres');
    expect(code).toBe(1);
    expect(stderr).toMatch(/DATABASE_URL has a # [^\n]* must be percent-encoded: [^\n]+\n$/);
    expect(stderr).not.toContain('same');
  });

  test.for(['soon', '-1', '1.5', '', '3601'])('refuses --wait=%s', async (seconds) => {
    const { url } = await createDatabase('empty');
    const { code, stderr } = await run(url, `--wait=${seconds}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining('It must be a whole number from 0 to 3600.')]);
  });
});
