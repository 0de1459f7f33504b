import { makeCertificate } from './certificates.ts';
import { type OwnServer, startOwnServer } from './own-server.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';

export const OWNER = 'login_owner';

export interface Rds extends OwnServer, TlsFront {
  /** Of a role, without password and with all that is asked of TLS. */
  urlFor(role: string): string;
  /** The password that the secret of the owner holds. */
  ownerPassword: string;
  /** User and password of every attempt to log in. */
  logins: { user: string; password: string }[];
}

/**
 * A cluster as it is when it was just made: a database of the owner, who is no superuser, and only TLS. Members of
 * `rds_iam` log in with tokens and nothing else, the others with a password.
 *
 * @param withRdsIam false: a Postgres that is none of RDS
 */
export async function startRds(withRdsIam = true): Promise<Rds> {
  const server = await startOwnServer('trust');
  const ownerPassword = 'canary-password-of-the-owner';
  const logins: Rds['logins'] = [];
  await server.query(`create role ${OWNER} login createrole`);
  await server.query(`create database login_etl owner ${OWNER}`);
  if (withRdsIam) await createRdsIam(server);
  const certificate = makeCertificate('localhost');
  const front = await startTlsFront(server.urlOf('login_etl'), {
    certificate,
    async authenticate(user, password) {
      logins.push({ user, password });
      const isToken = password.startsWith(`localhost:${front.port}/?Action=connect&DBUser=${user}&`);
      if (await needsToken(server, user)) return isToken ? null : `PAM authentication failed for user "${user}"`;
      if (user === OWNER && password === ownerPassword) return null;
      return `password authentication failed for user "${user}"`;
    },
  });
  const tls = `sslmode=verify-full&sslrootcert=${certificate.authority}`;
  const urlFor = (role: string) => `postgres://${role}@localhost:${front.port}/login_etl?${tls}`;
  return { ...server, ...front, urlFor, ownerPassword, logins };
}

/** From PostgreSQL 16 on CREATEROLE alone does not allow to grant a role that another one made. */
async function createRdsIam(server: OwnServer): Promise<void> {
  await server.query('create role rds_iam');
  const { rows } = await server.query(
    "select current_setting('server_version_num')::integer >= 160000 as needs_option",
  );
  if (rows[0].needs_option) await server.query(`grant rds_iam to ${OWNER} with admin true, inherit false, set false`);
}

async function needsToken(server: OwnServer, user: string): Promise<boolean> {
  const memberships = await server.query(`
    select from pg_auth_members
    where roleid = to_regrole('rds_iam') and member = to_regrole('${user}') and not admin_option`);
  return memberships.rows.length > 0;
}
