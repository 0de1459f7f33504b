import type { ClientBase } from 'pg';
import { isConnectionLost } from '../connection/classify-error.ts';

/**
 * Runs `work` in a transaction of its own: three round trips, for what one simple query cannot do.
 *
 * @param first statements that run first in it
 */
export async function inTransaction<T>(
  client: ClientBase,
  first: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    await client.query(['begin', ...first].join(';\n'));
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that is of no more use is closed by whoever opened it, which ends the transaction as well; after a
    // timeout a rollback would wait behind the statement that does not end.
    if (!isConnectionLost(error)) await client.query('rollback').catch(() => {});
    throw error;
  }
}
