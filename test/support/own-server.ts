import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { connectTo } from './database.ts';

export interface OwnServer {
  /** As superuser. */
  query(sql: string): Promise<pg.QueryResult>;
  urlOf(database: string): string;
}

/** A server for tests of what belongs to a whole server, such as roles. `trust` lets everybody in without a password. */
export async function startOwnServer(access: 'password' | 'trust' = 'password'): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-own-server-'));
  chmodSync(folder, 0o755);
  const trusting = join(folder, 'trust.conf');
  writeFileSync(trusting, 'host all all 127.0.0.1/32 trust\n');
  const packageName = process.env.TEST_POSTGRES_PACKAGE;
  const settings = { fsync: 'off', ...(access === 'trust' && { hba_file: trusting }) };
  const server = await startPostgres(folder, { settings, ...(packageName && { packageName }) });
  onTestFinished(async () => {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  const client = await connectTo(server.url);
  return {
    query: (sql) => client.query(sql),
    urlOf: (database) => Object.assign(new URL(server.url), { pathname: database }).href,
  };
}
