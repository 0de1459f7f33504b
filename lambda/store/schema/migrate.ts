import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import type { ClientBase, QueryConfig } from 'pg';
import type { DatabaseConfig } from '../connection/database.ts';
import { type SessionLimits, withSession } from '../connection/with-session.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');

/**
 * Brings the database to the newest schema: all pending migrations or none. Of two runs at once the second waits, and
 * then finds nothing to do.
 *
 * @param database as a role that may create tables and roles
 * @returns the names of the migrations applied now
 * @throws JobError behind a pooler in transaction mode, and pg's error; the migrations handle no rows, so its message is safe to show
 */
export async function migrate(database: string | DatabaseConfig, limits: SessionLimits = {}): Promise<string[]> {
  const applied = await withSession(database, limits, applyAll);
  return applied.map(({ name }) => name);
}

async function applyAll(client: ClientBase): Promise<{ name: string }[]> {
  let firstError: unknown;
  const query = (statement: string | QueryConfig, values?: unknown[]) =>
    client.query(statement, values).catch((error) => {
      firstError ??= error;
      throw error;
    });
  try {
    return await runner({
      // It calls nothing else.
      dbClient: { query } as unknown as ClientBase,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'login_etl_migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      log: () => {},
    });
  } catch (error) {
    // It turns some errors into text, and hides the loss of a connection behind the rollback that fails for it.
    throw firstError ?? error;
  }
}
