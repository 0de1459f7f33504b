/**
 * Everything that the migrations grant, and all that a role of ours may have: by role and object, a privilege, with its
 * columns where it is not of the whole. A test compares it with a database that was just migrated.
 */
export const GRANTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  login_writer: {
    user_logins: ['insert'],
    ingest_ledger: ['insert', 'select (message_id)'],
    mask_keys: ['select', 'insert'],
    mask_state: ['select', 'insert (kid)'],
    'mask_guard()': ['execute'],
    vault: ['insert'],
    vault_batches: ['insert'],
    vault_batch_id: ['usage'],
    vault_closed_months: ['select'],
  },
  login_maintainer: {
    ingest_ledger: ['select', 'delete', 'update (message_id)'],
    'prune_ingest_ledger()': ['execute'],
    'refresh_login_views()': ['execute'],
  },
  login_analyst: {
    user_logins: ['select'],
    duplicate_ips: ['select'],
    duplicate_devices: ['select'],
    user_logins_text: ['select'],
    shared_ips: ['select'],
    shared_devices: ['select'],
    logins_by_day: ['select'],
    mask_keys: ['select (name, created_at)'],
    mask_state: ['select'],
  },
  login_rekeyer: {
    user_logins: ['select (ctid, tableoid, masked_ip, masked_device_id)', 'update (masked_ip, masked_device_id)'],
    mask_state: ['select', 'update'],
    mask_keys: ['select'],
    vault: ['select (ctid, tableoid, month, kid, pseudonym)', 'update (kid, pseudonym)'],
  },
  login_adopter: {
    user_logins: ['select (ctid, masked_ip, masked_device_id, app_version)', 'update (masked_ip, masked_device_id)'],
    mask_keys: ['select', 'insert'],
    mask_state: ['select', 'insert (kid)'],
    'mask_guard()': ['execute'],
  },
  login_recoverer: {
    vault: ['select'],
    vault_batches: ['select'],
    recover_audit: ['insert (caller, reason, pseudonyms)', 'select (id)'],
  },
  login_eraser: {
    user_logins: ['select', 'delete'],
    vault: ['select (month, field, kid, pseudonym, batch_id, seq)', 'delete'],
    vault_batches: ['select (month, batch_id, key_name)', 'delete'],
    vault_closed_months: ['select', 'insert'],
    mask_state: ['select (kid, next_kid, generation)'],
    'begin_erasure()': ['execute'],
  },
};

/** Nobody but the owner has anything here. */
const OF_OWNER_ALONE = ['login_etl_migrations'];

export const ROLES = Object.keys(GRANTS);
/** Tables, views and functions, of which every grant is looked at. */
export const OBJECTS = [...new Set([...Object.values(GRANTS).flatMap(Object.keys), ...OF_OWNER_ALONE])];
/** What is in the logins or follows from them: whoever may read the one may read the others. */
export const LOGINS: readonly string[] = Object.keys(GRANTS.login_analyst as object).filter(
  (object) => !object.startsWith('mask_'),
);

export interface Grant {
  role: string;
  object: string;
  /** null: of the whole object. */
  column: string | null;
  /** In lower case, as `select`. */
  privilege: string;
}

/** The list, a grant for each column. */
export function listedGrants(): Grant[] {
  return Object.entries(GRANTS).flatMap(([role, objects]) =>
    Object.entries(objects).flatMap(([object, grants]) => grants.flatMap((text) => parseGrant(role, object, text))),
  );
}

function parseGrant(role: string, object: string, text: string): Grant[] {
  const [, privilege = '', columns] = /^(\w+)(?: \((.*)\))?$/.exec(text) ?? [];
  return (columns?.split(', ') ?? [null]).map((column) => ({ role, object, column, privilege }));
}
