import pg from 'pg';
import { LEDGER_RETENTION_DAYS } from '../message/identity.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Deletes what the ledger no longer needs, in small transactions beside the writers.
 *
 * @param databaseUrl of the owner
 * @returns how many entries were deleted
 */
export async function pruneLedger(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    const pruned = await client.query('call prune_ingest_ledger($1)', [`${LEDGER_RETENTION_DAYS} days`]);
    return Number(pruned.rows[0].deleted);
  } finally {
    await client.end();
  }
}
