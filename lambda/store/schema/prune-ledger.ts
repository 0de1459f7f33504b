import { LEDGER_RETENTION_DAYS } from '../../message/identity.ts';
import type { Database } from '../connection/database.ts';
import { withClient } from '../connection/with-client.ts';

/**
 * Deletes what the ledger no longer needs, in small transactions beside the writers.
 *
 * @param database as the owner or the maintainer
 * @returns how many entries were deleted
 */
export async function pruneLedger(database: string | Database): Promise<number> {
  const pruned = await withClient(database, (client) =>
    client.query('call prune_ingest_ledger($1)', [`${LEDGER_RETENTION_DAYS} days`]),
  );
  return Number(pruned.rows[0].deleted);
}
