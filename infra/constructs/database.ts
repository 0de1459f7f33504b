import { createHash } from 'node:crypto';
import {
  CrossStackReferences,
  Duration,
  type aws_kms as kms,
  ReferenceStrength,
  type RemovalPolicy,
  aws_rds as rds,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DATABASE } from '../names.ts';
import type { AwsSettings, DatabaseSettings } from '../settings/settings.ts';
import type { Network } from './network.ts';

/** TLS or nothing; and no refused statement in the log of Postgres, since that would quote its rows. */
const PARAMETERS = {
  'rds.force_ssl': '1',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** Long enough for a night's quiet, so that a stage that sleeps does not wake for every lull. */
const AUTO_PAUSE = Duration.minutes(30);

export type Cluster = rds.DatabaseCluster | rds.DatabaseClusterFromSnapshot;

export interface DatabaseProps {
  network: Network;
  key: kms.IKey;
  /** Applies to everything that holds data, and to what that depends on. */
  removalPolicy: RemovalPolicy;
  /** Whether RDS refuses to delete the cluster. */
  isProtected: boolean;
}

/** The database of the logins. Nobody has a password for it: its owner, too, logs in with an IAM token from the start. */
export class Database extends Construct {
  readonly cluster: Cluster;

  constructor(scope: Construct, { database, retained }: AwsSettings, props: DatabaseProps) {
    super(scope, 'Database');
    this.cluster = this.#makeCluster(database, props);
    this.#keepWhatHoldsData(props.removalPolicy);
    // With a strong reference this cluster could not be replaced until the functions are destroyed.
    CrossStackReferences.of(this.cluster).produce(ReferenceStrength.WEAK);
    if (!props.isProtected) this.#acknowledgeMissingProtection(retained);
  }

  #makeCluster(settings: DatabaseSettings, props: DatabaseProps): Cluster {
    const common = { ...this.#commonProps(settings, props), ...scaling(settings) };
    if (settings.snapshot !== null) {
      return new rds.DatabaseClusterFromSnapshot(this, idOf(settings.snapshot), {
        ...common,
        snapshotIdentifier: settings.snapshot,
      });
    }
    const cluster = new rds.DatabaseCluster(this, 'Cluster', {
      ...common,
      defaultDatabaseName: DATABASE.name,
      credentials: rds.Credentials.fromUsername(DATABASE.owner),
      // Keeps CDK from making a password; the next lines keep RDS from making one.
      manageMasterUserPassword: true,
    });
    const resource = cluster.node.defaultChild as rds.CfnDBCluster;
    resource.manageMasterUserPassword = undefined;
    resource.masterUserAuthenticationType = 'iam-db-auth';
    return cluster;
  }

  #commonProps({ engineVersion, backupDays }: DatabaseSettings, props: DatabaseProps) {
    const { network, key, removalPolicy, isProtected } = props;
    const [major = ''] = engineVersion.split('.');
    const engine = rds.DatabaseClusterEngine.auroraPostgres({
      version: rds.AuroraPostgresEngineVersion.of(engineVersion, major),
    });
    const vpc = network.vpc;
    const vpcSubnets = { subnets: vpc.isolatedSubnets };
    return {
      engine,
      iamAuthentication: true,
      vpc,
      vpcSubnets,
      // Outside the cluster, so that one restored from a snapshot shares them with the cluster it replaces.
      subnetGroup: new rds.SubnetGroup(this, 'Subnets', { description: 'Aurora', vpc, vpcSubnets, removalPolicy }),
      parameterGroup: new rds.ParameterGroup(this, `Parameters${major}`, {
        engine,
        parameters: PARAMETERS,
        removalPolicy,
      }),
      securityGroups: [network.database],
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(backupDays) },
      copyTagsToSnapshot: true,
      deletionProtection: isProtected,
      removalPolicy,
    };
  }

  /** CDK deletes instances whatever the cluster's policy says, and nobody can reach a cluster that was kept without one. */
  #keepWhatHoldsData(removalPolicy: RemovalPolicy): void {
    for (const child of this.node.findAll()) {
      if (child instanceof rds.CfnDBInstance || child instanceof rds.CfnDBSubnetGroup) {
        child.applyRemovalPolicy(removalPolicy);
      }
    }
  }

  #acknowledgeMissingProtection(retained: boolean): void {
    Validations.of(this.cluster).acknowledge({
      id: 'AwsSolutions-RDS10',
      reason: retained
        ? 'The first deployment switches protection on as soon as the stack exists, so that it can be rolled back.'
        : 'A stage that is not retained is there to be destroyed; its settings say so.',
    });
  }
}

/** A different snapshot is a different resource, so the functions refer to other outputs and CloudFormation sees the change. */
function idOf(snapshot: string): string {
  return `Cluster${createHash('sha256').update(snapshot).digest('hex').slice(0, 8)}`;
}

const INSTANCE = { publiclyAccessible: false, autoMinorVersionUpgrade: true };

function scaling({ minCapacity, maxCapacity, readers }: DatabaseSettings) {
  return {
    writer: rds.ClusterInstance.serverlessV2('Writer', INSTANCE),
    // Scaled with the writer, so that one that takes over can carry its load.
    readers: Array.from({ length: readers }, (_, i) =>
      rds.ClusterInstance.serverlessV2(`Reader${i + 1}`, { ...INSTANCE, scaleWithWriter: true }),
    ),
    serverlessV2MinCapacity: minCapacity,
    serverlessV2MaxCapacity: maxCapacity,
    ...(minCapacity === 0 ? { serverlessV2AutoPauseDuration: AUTO_PAUSE } : {}),
  };
}
