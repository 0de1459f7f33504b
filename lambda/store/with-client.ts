import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

/** Opens a connection of its own for one piece of work, and closes it however that ends. */
export async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
