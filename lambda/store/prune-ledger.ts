import { LEDGER_RETENTION_DAYS } from '../message/identity.ts';
import { withClient } from './with-client.ts';

/**
 * Deletes what the ledger no longer needs, in small transactions beside the writers.
 *
 * @param databaseUrl of the owner
 * @returns how many entries were deleted
 */
export async function pruneLedger(databaseUrl: string): Promise<number> {
  const pruned = await withClient(databaseUrl, (client) =>
    client.query('call prune_ingest_ledger($1)', [`${LEDGER_RETENTION_DAYS} days`]),
  );
  return Number(pruned.rows[0].deleted);
}
