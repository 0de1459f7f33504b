import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { connectTo, type TestDatabase, untilWaiting } from './database.ts';

export interface Command {
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** On standard input. */
  input?: string;
}

/** Runs `npx login-etl ...args` in a process of its own, which does not outlive the test. */
export function startLoginEtl({ args, env, input = '' }: Command): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ['tools/program/main.ts', ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  // Else what nobody reads would hold it up.
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  child.stdin.on('error', () => {}).end(input);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/**
 * Kills a command by `kill -9` where it comes to a lock: in the middle of its work, however fast the machine is.
 *
 * @param lock SQL that takes it, as the owner
 */
export async function killAtLock(
  database: Pick<TestDatabase, 'url' | 'query'>,
  lock: string,
  command: Command,
): Promise<void> {
  const holder = await connectTo(database.url);
  await holder.query(`begin; ${lock}`);
  const child = startLoginEtl(command);
  await untilWaiting(1, database.url, database.query);
  const [waiting] = await database.query<{ pid: number }>(
    "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  );
  child.kill('SIGKILL');
  await once(child, 'close');
  await holder.query('rollback');
  // The server finds out only when it has the lock.
  await database.query(`do $$ begin
    while exists (select from pg_stat_activity where pid = ${waiting?.pid}) loop
      perform pg_sleep(0.01), pg_stat_clear_snapshot();
    end loop;
  end $$`);
}
