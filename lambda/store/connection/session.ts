import type { ClientBase } from 'pg';
import type { KeyCheck } from '../../masking/masker.ts';
import { checkKeys } from './key-check.ts';
import { toldProcess } from './server-process.ts';

/** The server shows the function's connections under this name. */
export const APPLICATION = 'login-etl';

/**
 * Limits every later statement of the transaction it stands in, and nothing after that: behind a connection pooler the
 * next transaction of this session may be somebody else's.
 */
export function limitStatements(ms: number): string {
  return `set local statement_timeout = ${ms}`;
}

/**
 * What a connection needs before its first write.
 *
 * A server that is not told that its client is gone waits for the rest of a COPY or for a commit, in a transaction that
 * holds the ledger's keys, and statement_timeout does not end that. With Linux's keepalives it would last two hours, and every
 * redelivery would wait until its receives are used up. So the server is to find out in 40 s, and what no client of ours
 * can be waiting for any more is ended here.
 *
 * @param abandonedMs longer than any statement may take
 * @throws KeyMismatchError where the database was written with another key
 */
export async function beginSession(
  client: ClientBase,
  keyChecks: readonly KeyCheck[],
  abandonedMs: number,
): Promise<void> {
  await client.query(`
    ${limitStatements(abandonedMs)};
    ${watchOverClient(client)};
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user and application_name = '${APPLICATION}'
      and state in ('active', 'idle in transaction') and wait_event = 'ClientRead'
      and xact_start < now() - interval '${abandonedMs} milliseconds'`);
  await checkKeys(client, keyChecks);
}

/**
 * Sets the server's keepalives where the server process is the one that this client was told of when it connected. A
 * connection pooler tells a number of its own: there the session is not ours to change, and whether the client still
 * lives is the pooler's to find out.
 */
function watchOverClient(client: ClientBase): string {
  return `
    select set_config(name, value, false)
    from (values ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'))
      as keepalives (name, value)
    where pg_backend_pid() = ${toldProcess(client) ?? 0}`;
}
