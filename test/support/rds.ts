import { makeCertificate } from './certificates.ts';
import { type OwnServer, startOwnServer } from './own-server.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';

export const OWNER = 'login_owner';

export interface Rds extends OwnServer, TlsFront {
  /** The URL of a role, without a password and with every TLS setting. */
  urlFor(role: string): string;
  /** User and password of every attempt to log in. */
  logins: { user: string; password: string }[];
}

/**
 * A cluster that has just been created: a database of the owner, who is not a superuser, and only TLS. Members of
 * `rds_iam` log in with tokens and nothing else, and nobody has a password.
 *
 * @param master how the owner logs in, as in MasterUserAuthenticationType
 */
export async function startRds(master: 'iam-db-auth' | 'password' = 'iam-db-auth'): Promise<Rds> {
  const server = await startOwnServer('trust');
  const logins: Rds['logins'] = [];
  await server.query(`create role ${OWNER} login createrole`);
  await server.query(`create database login_etl owner ${OWNER}`);
  await createRdsIam(server, master === 'iam-db-auth');
  const certificate = makeCertificate('localhost');
  const front = await startTlsFront(server.urlOf('login_etl'), {
    certificate,
    async authenticate(user, password) {
      logins.push({ user, password });
      const isToken = password.startsWith(`localhost:${front.port}/?Action=connect&DBUser=${user}&`);
      if (await needsToken(server, user)) return isToken ? null : `PAM authentication failed for user "${user}"`;
      return `password authentication failed for user "${user}"`;
    },
  });
  const tls = `sslmode=verify-full&sslrootcert=${certificate.authority}`;
  const urlFor = (role: string) => `postgres://${role}@localhost:${front.port}/login_etl?${tls}`;
  return { ...server, ...front, urlFor, logins };
}

/** From PostgreSQL 16 on CREATEROLE alone does not allow granting a role that another one made, and RDS does. */
async function createRdsIam(server: OwnServer, withOwner: boolean): Promise<void> {
  await server.query('create role rds_iam; create role rds_superuser');
  await server.query(`grant rds_iam to rds_superuser with admin option; grant rds_superuser to ${OWNER}`);
  if (withOwner) await server.query(`grant rds_iam to ${OWNER}`);
}

async function needsToken(server: OwnServer, user: string): Promise<boolean> {
  const memberships = await server.query(
    `select from pg_auth_members where roleid = to_regrole('rds_iam') and member = to_regrole('${user}')`,
  );
  return memberships.rows.length > 0;
}
