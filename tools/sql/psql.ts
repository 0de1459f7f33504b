import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from '../../lambda/settings/environment.ts';
import { parseDatabaseUrl } from '../../lambda/store/connection/database.ts';
import { UserError } from '../cli/user-error.ts';

const READ_ONLY = '-c default_transaction_read_only=on';

/**
 * Opens psql on the database, read-only unless the user changes that in psql.
 *
 * @returns its exit code
 * @throws UserError if it is not installed
 */
export async function openPsql(databaseUrl: string, env: Environment): Promise<number> {
  const url = new URL(databaseUrl);
  const parsed = parseDatabaseUrl(databaseUrl);
  const password = parsed.ok ? parsed.parts.password : undefined;
  // On the command line everybody on this machine could read it.
  url.password = '';
  const settings = {
    PGOPTIONS: [env.PGOPTIONS, READ_ONLY].filter(Boolean).join(' '),
    ...(password && { PGPASSWORD: password }),
  };
  return untilItEnds(() => spawn('psql', [url.href], { stdio: 'inherit', env: { ...env, ...settings } }));
}

/** psql gets Ctrl-C and the terminal's end as well and decides what to do; our server has to outlive it. */
async function untilItEnds(start: () => ReturnType<typeof spawn>): Promise<number> {
  const ignore = () => {};
  const signals = ['SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, ignore);
  try {
    const [exitCode] = await once(start(), 'exit');
    return exitCode ?? 1;
  } catch {
    throw new UserError(
      'psql is not installed: give a statement, such as npx login-etl sql "select count(*) from user_logins".',
      2,
    );
  } finally {
    for (const signal of signals) process.off(signal, ignore);
  }
}
