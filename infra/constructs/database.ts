import { Duration, type aws_kms as kms, RemovalPolicy, aws_rds as rds, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DATABASE } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import type { Network } from './network.ts';

const ENGINE = rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_17_9 });

/** TLS or nothing; and no refused statement in the log of Postgres, since that would quote its rows. */
const PARAMETERS = {
  'rds.force_ssl': '1',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** Long enough for a night's quiet, so that a stage that sleeps does not wake for every lull. */
const AUTO_PAUSE = Duration.minutes(30);

export type Cluster = rds.DatabaseCluster | rds.DatabaseClusterFromSnapshot;

/** The database of the logins. Its owner's password is made, kept and rotated by RDS, and the pipeline uses it once. */
export class Database extends Construct {
  readonly cluster: Cluster;

  constructor(scope: Construct, settings: AwsSettings, { vpc, database }: Network, key: kms.IKey) {
    super(scope, 'Database');
    const { minCapacity, maxCapacity, readers, backupDays, snapshot } = settings.database;
    const props = {
      engine: ENGINE,
      manageMasterUserPassword: true,
      iamAuthentication: true,
      parameters: PARAMETERS,
      vpc,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      securityGroups: [database],
      writer: rds.ClusterInstance.serverlessV2('Writer', INSTANCE),
      // Scaled with the writer, so that one that takes over can carry its load.
      readers: Array.from({ length: readers }, (_, i) =>
        rds.ClusterInstance.serverlessV2(`Reader${i + 1}`, { ...INSTANCE, scaleWithWriter: true }),
      ),
      serverlessV2MinCapacity: minCapacity,
      serverlessV2MaxCapacity: maxCapacity,
      ...(minCapacity === 0 ? { serverlessV2AutoPauseDuration: AUTO_PAUSE } : {}),
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(backupDays) },
      copyTagsToSnapshot: true,
      deletionProtection: settings.retained,
      removalPolicy: settings.retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    };
    this.cluster =
      snapshot === null
        ? new rds.DatabaseCluster(this, 'Cluster', {
            ...props,
            defaultDatabaseName: DATABASE.name,
            credentials: rds.Credentials.fromUsername(DATABASE.owner),
          })
        : new rds.DatabaseClusterFromSnapshot(this, 'Cluster', { ...props, snapshotIdentifier: snapshot });
    if (!settings.retained) {
      Validations.of(this.cluster).acknowledge({
        id: 'AwsSolutions-RDS10',
        reason: 'A stage that is not retained is there to be destroyed; its settings say so.',
      });
    }
  }
}

const INSTANCE = { publiclyAccessible: false, autoMinorVersionUpgrade: true };
