import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { postgresHome, removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { connectTo } from './database.ts';

export interface OwnServer {
  /** As superuser. */
  query(sql: string): Promise<pg.QueryResult>;
  urlOf(database: string): string;
  /** Stops the server, copies its data, and starts it again. @returns what puts the copy back, in the same way */
  backUp(): Promise<() => Promise<void>>;
}

/** A server for tests of what belongs to a whole server, such as roles. `trust` lets everybody in without a password. */
export async function startOwnServer(access: 'password' | 'trust' = 'password'): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-own-server-'));
  chmodSync(folder, 0o755);
  const trusting = join(folder, 'trust.conf');
  writeFileSync(trusting, 'host all all 127.0.0.1/32 trust\n');
  const packageName = process.env.TEST_POSTGRES_PACKAGE;
  const settings = { fsync: 'off', ...(access === 'trust' && { hba_file: trusting }) };
  const start = (port?: number) => startPostgres(folder, { settings, port, ...(packageName && { packageName }) });
  const server = await start();
  const port = Number(new URL(server.url).port);
  onTestFinished(async () => {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  let client = await connectTo(server.url);
  const data = join(postgresHome(folder), 'data');
  const copyTo = async (to: string, from: string) => {
    await server.stop();
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
    await start(port);
    client = await connectTo(server.url);
  };
  let backups = 0;
  return {
    query: (sql) => client.query(sql),
    urlOf: (database) => Object.assign(new URL(server.url), { pathname: database }).href,
    async backUp() {
      const backup = `${data}-${backups++}`;
      await copyTo(backup, data);
      return () => copyTo(data, backup);
    },
  };
}
