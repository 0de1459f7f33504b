import { setTimeout as sleep } from 'node:timers/promises';
import { eraseUser } from '../../../lambda/jobs/erase/erase-user.ts';
import { APPLICATION } from '../../../lambda/store/connection/session.ts';
import { withClient } from '../../../lambda/store/connection/with-client.ts';
import type { Random } from '../../support/random.ts';
import type { System } from './system.ts';
import { ROLE_PASSWORD } from './template.ts';

/** How long something lasts: milliseconds, or until something else has happened. */
export type Hold = number | (() => Promise<void>);

/** Makes a part of the system ill for a while; when it returns the part is well again. */
export type Fault = (system: System, hold: Hold, random: Random) => Promise<void>;

export type DatabaseFault = 'killServer' | 'killBackend' | 'readOnly' | 'noConnections' | 'lockTable';
export type OtherFault =
  | 'cut'
  | 'cutInCopy'
  | 'loseAnswerByCut'
  | 'loseAnswerInSilence'
  | 'swallow'
  | 'refuse'
  | 'delay'
  | 'killFunction'
  | 'killFunctionAfterCommit'
  | 'queueDown'
  | 'queueSlow'
  | 'sourceDown'
  | 'sourceSlow'
  | 'sourceCut'
  | 'erase';

const withTableLocked: Fault = async ({ postgres }, hold) => {
  const client = await postgres.connect();
  try {
    await client.query('begin; lock table user_logins in exclusive mode');
    await pass(hold);
  } finally {
    await client.end().catch(() => {});
  }
};

/** So that the function opens new ones. */
export const END_CONNECTIONS = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${APPLICATION}'`;

/** A setting of the role, which a connection takes over when it is opened, and keeps. */
const changed =
  (begin: string, end: string): Fault =>
  async ({ postgres }, hold) => {
    await postgres.query(begin);
    await postgres.query(END_CONNECTIONS);
    await pass(hold);
    await postgres.query(end);
  };

export const DATABASE_FAULTS: Record<DatabaseFault, Fault> = {
  async killServer({ postgres }, hold) {
    await postgres.kill();
    await pass(hold);
    await postgres.restart();
  },
  async killBackend({ postgres }, hold) {
    await postgres.killBackend();
    await pass(hold);
  },
  /** As after a failover: the old connections stay read-only, and only new ones reach the writer. */
  readOnly: changed(
    'alter role login_writer set default_transaction_read_only = on',
    'alter role login_writer reset default_transaction_read_only',
  ),
  noConnections: changed('alter role login_writer connection limit 0', 'alter role login_writer connection limit -1'),
  lockTable: withTableLocked,
};

export const OTHER_FAULTS: Record<OtherFault, Fault> = {
  async cut({ database }, hold) {
    database.cut();
    await pass(hold);
  },
  async cutInCopy({ database }, hold, random) {
    database.cutNextCopyAfter(random.int(0, 2_000));
    await pass(hold);
  },
  async loseAnswerByCut({ database }, hold) {
    database.loseNextCommitAnswer('cut');
    await pass(hold);
  },
  async loseAnswerInSilence({ database }, hold) {
    database.loseNextCommitAnswer('swallow');
    await pass(hold);
  },
  swallow: (system, hold) => impair(system.database, 'swallow', hold),
  refuse: (system, hold) => impair(system.database, 'refuse', hold),
  delay: (system, hold, random) => impair(system.database, { delayMs: random.int(20, 200) }, hold),
  async killFunction({ functions }, hold, random) {
    random.pick(functions).kill();
    await pass(hold);
  },
  async killFunctionAfterCommit({ functions }, hold, random) {
    random.pick(functions).dieBeforeNextAnswer();
    await pass(hold);
  },
  queueDown: (system, hold) => impair(system.queue, 'refuse', hold),
  queueSlow: (system, hold, random) => impair(system.queue, { delayMs: random.int(50, 500) }, hold),
  sourceDown: (system, hold) => impair(system.source, 'refuse', hold),
  sourceSlow: (system, hold, random) => impair(system.source, { delayMs: random.int(20, 200) }, hold),
  async sourceCut({ source }, hold) {
    source.cut();
    await pass(hold);
  },
  async erase(system, hold) {
    await eraseSomebody(system);
    await pass(hold);
  },
};

const COPY_TO_SOMEBODY = `
  insert into user_logins
  select 'somebody', device_type, masked_ip, masked_device_id, locale, app_version, create_date from user_logins limit 5`;

/** Somebody who has values that others have too is erased, which keeps writers waiting and changes the generation. */
export async function eraseSomebody({ postgres }: Pick<System, 'postgres'>): Promise<void> {
  const url = Object.assign(new URL(postgres.writerUrl), { username: 'login_eraser', password: ROLE_PASSWORD }).href;
  const isDone = async () => {
    try {
      await postgres.query(COPY_TO_SOMEBODY);
      return await withClient(url, async (client) => (await eraseUser(client, 'somebody')).rows >= 0);
    } catch {
      return false; // another fault has the database
    }
  };
  await until(isDone, 'an erasure');
}

async function impair(proxy: System['database'], mode: Parameters<System['database']['setMode']>[0], hold: Hold) {
  proxy.setMode(mode);
  await pass(hold);
  proxy.setMode('normal');
}

function pass(hold: Hold): Promise<unknown> {
  return typeof hold === 'number' ? sleep(hold) : hold();
}

/** Waits until the function says, from now on, that this is why it could not store a message. */
export function untilReported({ output }: System, reason: RegExp): Promise<void> {
  const count = () =>
    Object.entries(output.reasons()).reduce((sum, [seen, times]) => sum + (reason.test(seen) ? times : 0), 0);
  const before = count();
  return until(() => count() > before, `${reason}`);
}

/** The usual write, and the one that follows where the ledger knows a message; a word of each. */
export type Write = 'copy' | 'unnest';

/** Waits for a moment when the function is writing; it is there only for a short while. */
export async function untilWriting({ postgres }: System, write: Write = 'copy'): Promise<void> {
  const client = await postgres.connect();
  const active = 'select from pg_stat_activity where application_name = $1 and state = $2 and query ~ $3';
  try {
    for (const startedAt = performance.now(); performance.now() - startedAt < 10_000; await sleep(2)) {
      if ((await client.query(active, [APPLICATION, 'active', write])).rowCount) return;
    }
    throw new Error(`the function wrote nothing by ${write} for ten seconds`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Waits until something has come to pass. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  for (const startedAt = performance.now(); !(await isSo()); await sleep(10)) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`it did not come to pass: ${what}`);
  }
}
