import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

const MIGRATIONS = join(import.meta.dirname, 'migrations');
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Brings the database to the newest schema: all pending migrations or none. Of two runs at once the second waits, and
 * then finds nothing to do.
 *
 * @param databaseUrl of a role that may create tables and roles
 * @returns the names of the migrations applied now
 * @throws pg's error; the migrations handle no rows, so its message is safe to show
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'login_etl_migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      log: () => {},
    });
    return applied.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
