import { LEDGER_RETENTION_DAYS } from '../../message/identity.ts';
import type { DatabaseConfig } from '../connection/database.ts';
import { type SessionLimits, withSession } from '../connection/with-session.ts';

/**
 * Deletes what the ledger no longer needs, in small transactions beside the writers.
 *
 * @param database as the owner or the maintainer
 * @returns how many entries were deleted
 */
export async function pruneLedger(database: string | DatabaseConfig, limits: SessionLimits = {}): Promise<number> {
  const pruned = await withSession(database, limits, (client) =>
    client.query('call prune_ingest_ledger($1)', [`${LEDGER_RETENTION_DAYS} days`]),
  );
  return Number(pruned.rows[0].deleted);
}
