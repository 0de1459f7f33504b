import type { aws_logs as logs, aws_rds as rds } from 'aws-cdk-lib';
import { ENV } from '../../lambda/settings/environment.ts';
import { DATABASE } from '../names.ts';
import type { Database } from './database.ts';
import type { Network } from './network.ts';

/** What a function that does a job on the database needs. */
export interface JobProps {
  network: Network;
  database: Database;
  log: logs.ILogGroup;
}

/** Part of Lambda's Node image; it holds the authorities that sign the certificates of RDS. */
const AUTHORITIES = '/var/runtime/ca-cert.pem';

/**
 * The environment of a function that logs in as `role` with an IAM token: no password in it, and a server that cannot
 * prove its name is refused.
 *
 * @param endpoint the writer's, or the readers', which is the writer's where there are none
 */
export function databaseEnvironment(
  cluster: rds.IDatabaseCluster,
  role: string,
  { hostname } = cluster.clusterEndpoint,
): Record<string, string> {
  const tls = `sslmode=verify-full&sslrootcert=${AUTHORITIES}`;
  return {
    [ENV.databaseUrl]: `postgres://${role}@${hostname}:5432/${DATABASE.name}?${tls}`,
    [ENV.databaseLogin]: 'iam',
  };
}
