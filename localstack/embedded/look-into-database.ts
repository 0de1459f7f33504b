import { existsSync } from 'node:fs';
import type pg from 'pg';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { FolderInUseError, openDataFolder } from './data-folder.ts';
import { mayHoldDatabase, runningServerUrl, startPostgres } from './postgres/embedded-postgres.ts';

export const DATA_OPTION = [
  '--data <dir>',
  "the data folder of npm start (default: the project's .login-etl)",
] as const;

export const DATABASE_HELP = `
Environment
  DATABASE_URL  a database of your own instead of the data folder's; a role that
                may read user_logins is enough`;

/**
 * Gives `work` a connection to the database of DATABASE_URL or of the data folder. The folder's server is started for as
 * long as `work` takes, unless a run is up and has started it already.
 *
 * @throws UserError if there is no such folder, or no database in it
 */
export async function lookIntoDatabase<T>(
  env: Environment,
  data: string,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  return withDatabaseUrl(env, data, (url) => withClient(url, work));
}

/** The same for work that makes its own connection. */
export async function withDatabaseUrl<T>(
  env: Environment,
  data: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const own = env[ENV.databaseUrl];
  if (own) return work(own);
  if (!existsSync(data)) {
    throw new UserError(`The data folder ${data} does not exist: run npm start first, or set DATABASE_URL.`);
  }
  // Otherwise a mistyped name would get a new, empty database.
  if (!mayHoldDatabase(data)) {
    throw new UserError(`There is no database in ${data}: run npm start first, or set DATABASE_URL.`);
  }
  try {
    return await inOwnServer(data, work);
  } catch (error) {
    const url = error instanceof FolderInUseError ? runningServerUrl(data) : null;
    if (url === null) throw error;
    return work(url);
  }
}

async function inOwnServer<T>(data: string, work: (url: string) => Promise<T>): Promise<T> {
  const folder = openDataFolder(data);
  try {
    const postgres = await startPostgres(folder.path);
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    folder.release();
  }
}
