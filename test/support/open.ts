import pg from 'pg';
import { startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';

/** Starts the server whose databases failed tests have kept, and says how to reach each, until Ctrl-C. */
const [folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write('Name the folder that the failed run has printed: npm run test:open -- FOLDER\n');
  process.exit(2);
}
const packageName = process.env.TEST_POSTGRES_PACKAGE;
const postgres = await startPostgres(folder, { ...(packageName && { packageName }) });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
const { rows } = await client.query<{ name: string }>(
  "select datname as name from pg_database where datname like 'test\\_%'",
);
await client.end();
for (const { name } of rows)
  process.stdout.write(`psql ${Object.assign(new URL(postgres.url), { pathname: name }).href}\n`);
process.stdout.write('Ctrl-C stops the server.\n');
process.once('SIGINT', () => void postgres.stop());
