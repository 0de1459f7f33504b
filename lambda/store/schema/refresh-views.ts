import type { DatabaseConfig } from '../connection/database.ts';
import { type SessionLimits, withSession } from '../connection/with-session.ts';

/**
 * Counts anew what analysts read of materialized views; they can read the old ones meanwhile.
 *
 * @param database as the owner or the maintainer
 */
export async function refreshViews(database: string | DatabaseConfig, limits: SessionLimits = {}): Promise<void> {
  await withSession(database, limits, (client) => client.query('select refresh_login_views()'));
}
