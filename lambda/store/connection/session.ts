import type { ClientBase } from 'pg';
import { checkKey, type KeyIdentity } from './key-check.ts';

/** By which the server knows a connection of the function. */
export const APPLICATION = 'login-etl';

/**
 * What a connection needs before its first write.
 *
 * A server that is not told that its client is gone waits for the rest of a COPY, in a transaction that holds the
 * ledger's keys, and statement_timeout does not end that. With Linux's keepalives it would last two hours, and every
 * redelivery would wait until its receives are used up. So the server is to find out in 40 s, and what no client of ours
 * can be waiting for any more is ended here.
 *
 * @param abandonedMs longer than any statement may take
 * @throws KeyMismatchError where the database was written with another key
 */
export async function beginSession(client: ClientBase, key: KeyIdentity, abandonedMs: number): Promise<void> {
  await client.query(`
    set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3;
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user and application_name = '${APPLICATION}'
      and state = 'active' and wait_event = 'ClientRead'
      and xact_start < now() - interval '${abandonedMs} milliseconds'`);
  await checkKey(client, key);
}
