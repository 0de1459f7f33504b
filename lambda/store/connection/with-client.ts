import pg from 'pg';
import { type DatabaseConfig, toDatabaseConfig } from './database.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens a connection of its own for one piece of work, and closes it however that ends.
 *
 * @param database or its URL
 */
export async function withClient<T>(
  database: string | DatabaseConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...toDatabaseConfig(database), connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection that dies fails the statement, and emits an error besides, which would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
