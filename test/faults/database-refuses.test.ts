import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { APPLICATION } from '../../lambda/store/connection/session.ts';
import { serverAccount } from '../../localstack/embedded/postgres/server-account.ts';
import { DATABASE_FAULTS, END_CONNECTIONS, until, untilReported } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

/** Takes every connection that is not kept for the superuser. */
async function takeAllConnections({ postgres }: System): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (const startedAt = performance.now(); performance.now() - startedAt < 10_000; ) {
    const client = await postgres.connect('login_analyst').catch(() => null);
    if (!client && taken.length > 0) return taken;
    if (client) taken.push(client);
  }
  throw new Error('the connections did not come to an end');
}

const WAITING = `select from pg_stat_activity where application_name = '${APPLICATION}' and wait_event_type = 'Lock'`;

/** Locks the two tables of the write in the order opposite to the write's. The server ends who has waited longest. */
async function deadlock({ postgres }: System): Promise<void> {
  const client = await postgres.connect();
  try {
    await client.query("set deadlock_timeout = '60s'");
    await client.query('begin; lock table user_logins in exclusive mode');
    await until(async () => (await client.query(WAITING)).rowCount !== 0, 'a write that waits');
    await client.query('lock table ingest_ledger in exclusive mode; commit');
  } finally {
    await client.end();
  }
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the database is read-only for a while, as in a failover',
    messages: 500,
    faults: (system, random) => DATABASE_FAULTS.readOnly(system, () => untilReported(system, /25006/), random),
  },
  {
    name: 'the database has no connection left',
    messages: 400,
    system: { postgresSettings: { max_connections: '10' } },
    async faults(system) {
      await sleep(300);
      await system.postgres.query(END_CONNECTIONS);
      const taken = await takeAllConnections(system);
      // What had one at that moment loses it too.
      await system.postgres.query(END_CONNECTIONS);
      taken.push(...(await takeAllConnections(system).catch(() => [])));
      await untilReported(system, /53300/);
      for (const client of taken) await client.end();
    },
  },
  {
    name: 'the tables are locked for longer than the lock timeout',
    messages: 400,
    async faults(system, random) {
      await system.postgres.query("alter role login_writer set lock_timeout = '200ms'");
      await DATABASE_FAULTS.lockTable(system, () => untilReported(system, /55P03/), random);
    },
  },
  {
    name: 'the tables are locked until the function has no time left',
    messages: 200,
    system: { functionTimeoutMs: 14_500, maxReceiveCount: 20 },
    faults: (system, random) => DATABASE_FAULTS.lockTable(system, () => untilReported(system, /OUT_OF_TIME/), random),
  },
  {
    name: 'writes are ended as victims of deadlocks',
    messages: 500,
    paceMs: 250,
    system: { postgresSettings: { deadlock_timeout: '500ms' } },
    async faults(system) {
      // What has been ended comes again after a second or two, and is ended again.
      for (let i = 0; i < 3; i++) await deadlock(system);
    },
    proveEffect: ({ output }) => expect(Object.keys(output.reasons())).toContain('database 40P01'),
  },
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));

const MOUNT_BYTES = 8 * 1024 * 1024;

/** A disk of its own, as small as it is; null where this user may not mount one. */
function mountSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MOUNT_BYTES},mode=0700`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  const { uid, gid } = serverAccount();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

function fillDisk(folder: string): string {
  const ballast = join(folder, 'ballast');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));
  return ballast;
}

test('the disk of the database is full for a while', async (context) => {
  const folder = mountSmallDisk();
  if (folder === null) {
    const why = 'NOT RUN: a full disk needs a small one, and this user may not mount a tmpfs; run it as root.';
    process.stderr.write(`\n${why}\n`);
    return context.skip(why);
  }
  const scenario: Scenario = {
    name: context.task.name,
    messages: 1_500,
    async faults(system) {
      const { postgres } = system;
      await postgres.query(`create tablespace small location '${folder}'`);
      for (const table of ['user_logins', 'ingest_ledger'])
        await postgres.query(`alter table ${table} set tablespace small`);
      const ballast = fillDisk(folder);
      await untilReported(system, /53100/);
      rmSync(ballast);
    },
  };
  await runScenario(scenario, context);
});
