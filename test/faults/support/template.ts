import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../../localstack/embedded/postgres/embedded-postgres.ts';

/** Of every role that logs in here. */
export const ROLE_PASSWORD = 'for-tests-only';
/** A killed process keeps its pages in the kernel, so that only the end of the machine would need fsync. */
export const SERVER_SETTINGS = { fsync: 'off', max_connections: '60', log_min_duration_statement: '-1' };

/** A database with the schema in it, which is copied for each run: that takes a tenth of the time of a new one. */
export async function makeTemplate(): Promise<string> {
  const folder = openFolder();
  const server = await startPostgres(folder, { settings: SERVER_SETTINGS });
  await migrate(server.url);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  for (const role of ['login_writer', 'login_analyst', 'login_rekeyer', 'login_eraser'])
    await client.query(`alter role ${role} password '${ROLE_PASSWORD}'`);
  await client.end();
  await server.stop();
  return folder;
}

/** A folder of `makeTemplate`, or of a copy. */
export function removeDatabase(folder: string): void {
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** Where the server's account can reach it; `mkdtemp` makes folders for their owner alone. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-faults-'));
  chmodSync(folder, 0o755);
  return folder;
}
