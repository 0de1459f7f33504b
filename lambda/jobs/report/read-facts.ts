import { randomInt } from 'node:crypto';
import type pg from 'pg';
import { PSEUDONYM } from '../../masking/masker.ts';
import { countAccess } from '../audit/audit.ts';
import { findAccess } from '../audit/read-grants.ts';
import { findSettings } from '../audit/read-settings.ts';
import { type Cluster, type Facts, sharingOf, type UserCount } from './facts.ts';
import { NAMES, overview, type PseudonymColumn, SHARING, SIDE_BY_SIDE } from './queries.ts';

export interface FactsOptions {
  /** See Facts. */
  days: number | null;
  /** Told what is counted next, before it is. */
  onStep?(what: string, step: number, steps: number): void;
}

/** Figures of one moment, which nothing that is written meanwhile can make disagree. */
const SNAPSHOT = 'begin isolation level repeatable read read only';
/** Ten million rows sort no faster in more memory. A server whose reader has gone stops within a second. */
const SETTINGS = `
  set local work_mem = '64MB';
  set local jit = off;
  set local client_connection_check_interval = '1s'`;

interface Found {
  counts: UserCount[];
  /** `pseudonym` is its hash yet, and `place` the ctid of a row that has it. */
  top: (Cluster & { pseudonym: string; place: string })[];
}

/**
 * Counts everything in the database, in one snapshot; no row leaves it.
 *
 * @param client as a role that may read `user_logins`
 */
export async function readFacts(client: pg.ClientBase, { days, onStep = () => {} }: FactsOptions): Promise<Facts> {
  await client.query(SNAPSHOT);
  try {
    await client.query(SETTINGS);
    const { at, since } = await readClock(client, days);
    const parameters: unknown[] = [since, randomInt(2 ** 47)];
    let step = 0;
    const answer = async <T>(what: string, sql: string, values: unknown[]): Promise<T> => {
      onStep(what, ++step, 3);
      return (await client.query<{ answer: T }>(sql, values)).rows[0]?.answer as T;
    };
    const keyIds = await readKeyIds(client);
    const found = await answer<Overview>('logins', overview(keyIds ?? []), parameters.slice(0, 1));
    await client.query(SIDE_BY_SIDE);
    const sharing = await answer<Sharing>('users, devices and ip addresses', SHARING, parameters);
    const access = {
      grants: countAccess(await findAccess(client)),
      logSettings: (await findSettings(client)).findings.length,
    };
    const { users, masked_device_id: devices, masked_ip: ips } = sharing;
    const hashes = [devices, ips].map(({ top }) => top.map(({ pseudonym }) => pseudonym));
    const places = [...devices.top, ...ips.top].map(({ place }) => place);
    const names = await answer<Names>('names', NAMES, [...parameters, ...hashes, places]);
    return {
      at,
      days,
      ...found,
      users,
      keyIds,
      access,
      sharedDevices: sharingOf(devices.counts, withNames(devices.top, names.masked_device_id)),
      sharedIps: sharingOf(ips.counts, withNames(ips.top, names.masked_ip)),
    };
  } finally {
    // Nothing was written, and a connection that is broken has ended its transaction.
    await client.query('rollback').catch(() => {});
  }
}

type Overview = Omit<Facts, 'at' | 'days' | 'users' | 'sharedDevices' | 'sharedIps' | 'keyIds' | 'access'>;
type Sharing = Record<PseudonymColumn, Found> & { users: number };
type Names = Record<PseudonymColumn, Record<string, string>>;

async function readClock(client: pg.ClientBase, days: number | null): Promise<{ at: string; since: string | null }> {
  const { rows } = await client.query(
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
            ((now() at time zone 'UTC')::date - ($1::integer - 1))::text as since`,
    [days],
  );
  return rows[0];
}

function withNames(top: Found['top'], names: Readonly<Record<string, string>>): Cluster[] {
  return top.map(({ place: _, ...cluster }) => {
    const name = names[cluster.pseudonym] ?? '';
    return { ...cluster, pseudonym: PSEUDONYM.test(name) ? name : null };
  });
}

async function readKeyIds(client: pg.ClientBase): Promise<string[] | null> {
  const mayRead = `select has_column_privilege('mask_keys', 'name', 'select') as allowed`;
  if (!(await client.query(mayRead)).rows[0]?.allowed) return null;
  const { rows } = await client.query(
    `select name from mask_keys where name ~ '^k[1-9][0-9]*$' order by created_at, name`,
  );
  return rows.map(({ name }) => name);
}
