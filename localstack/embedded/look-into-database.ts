import { existsSync } from 'node:fs';
import type pg from 'pg';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { FolderInUseError, openDataFolder } from './data-folder.ts';
import { runningServerUrl, startPostgres } from './postgres/embedded-postgres.ts';

/**
 * Gives `work` a connection to the database that is meant: DATABASE_URL's or the data folder's, whose server is started
 * for as long as `work` takes, unless a run that is up has started it.
 *
 * @throws UserError where the folder does not exist yet
 */
export async function lookIntoDatabase<T>(
  env: Environment,
  data: string,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const own = env[ENV.databaseUrl];
  if (own) return withClient(own, work);
  if (!existsSync(data)) {
    throw new UserError(`The data folder ${data} does not exist: run npm start first, or set DATABASE_URL.`);
  }
  try {
    return await inOwnServer(data, work);
  } catch (error) {
    const url = error instanceof FolderInUseError ? runningServerUrl(data) : null;
    if (url === null) throw error;
    return withClient(url, work);
  }
}

async function inOwnServer<T>(data: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const folder = openDataFolder(data);
  try {
    const postgres = await startPostgres(folder.path);
    try {
      return await withClient(postgres.url, work);
    } finally {
      await postgres.stop();
    }
  } finally {
    folder.release();
  }
}
