import type pg from 'pg';
import type { DatabaseConfig } from './database.ts';
import { keepTrying, type Patience } from './keep-trying.ts';
import { withClient } from './with-client.ts';

/** Waits for a database that is waking, and then does the work once, whatever comes of it. */
export async function onceAwake<T>(
  database: DatabaseConfig,
  patience: Patience,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  await keepTrying(() => withClient(database, (client) => client.query('select 1')), patience);
  return withClient(database, work);
}
