import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { ROLES } from '../../lambda/jobs/audit/grants.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { postgresHome, removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/** A database with the schema in it, which tests copy: cloning takes less time than migrating. */
export const TEMPLATE = 'login_etl_template';
/** The password of the roles that the migrations make. */
export const ROLE_PASSWORD = 'for-tests-only';

/** One real PostgreSQL for all integration tests; `npm run test:postgres` names the package of another release. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-test-'));
  const packageName = process.env.TEST_POSTGRES_PACKAGE;
  const postgres = await startPostgres(folder, {
    // Nothing here has to survive a power cut, and no test is about that.
    settings: { fsync: 'off', max_connections: '200' },
    ...(packageName && { packageName }),
  });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query('show server_version');
  process.stdout.write(`integration tests on PostgreSQL ${rows[0].server_version}\n`);
  await client.query(`create database ${TEMPLATE}`);
  const url = new URL(postgres.url);
  url.pathname = TEMPLATE;
  await migrate(url.href);
  for (const role of ROLES) await client.query(`alter role ${role} password '${ROLE_PASSWORD}'`);
  await client.end();
  project.provide('postgresUrl', postgres.url);
  return async () => {
    const kept = process.env.CI ? [] : await keptDatabases(postgres.url);
    await postgres.stop();
    if (kept.length > 0) {
      process.stdout.write(howToOpen(folder, kept));
      return;
    }
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  };
}

interface KeptDatabase {
  name: string;
  test: string;
}

async function keptDatabases(url: string): Promise<KeptDatabase[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<KeptDatabase>(
    "select datname as name, description as test from pg_database join pg_shdescription on objoid = oid where datname like 'test\\_%'",
  );
  await client.end();
  return rows;
}

function howToOpen(folder: string, kept: readonly KeptDatabase[]): string {
  const list = kept.map(({ name, test }) => `  ${name}  ${test}\n`).join('');
  const home = postgresHome(folder);
  const folders = home.startsWith(folder) ? folder : `${folder} ${home}`;
  return `\nFailed tests kept their databases:\n${list}Start their server: npm run test:open -- ${folder}\nThen remove it: rm -r ${folders}\n\n`;
}
