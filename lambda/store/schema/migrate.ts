import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import type { Database } from '../connection/database.ts';
import { withClient } from '../connection/with-client.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');

/**
 * Brings the database to the newest schema: all pending migrations or none. Of two runs at once the second waits, and
 * then finds nothing to do.
 *
 * @param database as a role that may create tables and roles
 * @returns the names of the migrations applied now
 * @throws pg's error; the migrations handle no rows, so its message is safe to show
 */
export async function migrate(database: string | Database): Promise<string[]> {
  const applied = await withClient(database, (dbClient) =>
    runner({
      dbClient,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'login_etl_migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      log: () => {},
    }),
  );
  return applied.map(({ name }) => name);
}
