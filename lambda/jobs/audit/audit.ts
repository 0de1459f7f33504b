import type { ClientBase } from 'pg';
import { type AccessFindings, findAccess } from './read-grants.ts';
import { findSettings, type SettingFindings } from './read-settings.ts';
import { type FoundRow, findRows, readValues, type ValueCounts } from './read-values.ts';

export interface AuditOptions {
  /** Also where the values are that are findings; at most so many. 0: none. */
  rows: number;
}

export interface AuditResult extends ValueCounts {
  access: AccessFindings;
  settings: SettingFindings;
  /** Where the values of findings are, as far as they were asked for. */
  found: FoundRow[];
}

/** Figures of one moment. */
const SNAPSHOT = 'begin isolation level repeatable read read only';

/**
 * Whether anything is in the database that should not be: values that are not pseudonyms of a key in use, grants beyond
 * those of the migrations, settings by which the server's log gets values. No value leaves the database.
 *
 * @param client as login_analyst, the owner, or who else may read user_logins, mask_state and the names in mask_keys
 */
export async function audit(client: ClientBase, options: AuditOptions): Promise<AuditResult> {
  await client.query(SNAPSHOT);
  try {
    // Compiling costs more than it saves in a scan of seconds.
    await client.query('set local jit = off');
    const values = await readValues(client);
    const access = await findAccess(client);
    const settings = await findSettings(client);
    const found = options.rows > 0 ? await findRows(client, values, options.rows) : [];
    return { ...values, access, settings, found };
  } finally {
    await client.query('rollback').catch(() => {});
  }
}

/** How many things there are that should not be. */
export function countFindings({ wrong, access, settings }: AuditResult): number {
  return wrong.length + countAccess(access) + settings.findings.length;
}

export function countAccess({ grants, memberships, attributes }: AccessFindings): number {
  return grants.length + memberships.length + attributes.length;
}
