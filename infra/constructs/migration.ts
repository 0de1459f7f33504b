import { Duration, triggers } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { DATABASE } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import type { Database } from './database.ts';
import { databaseEnvironment } from './database-access.ts';
import type { Network } from './network.ts';
import { NodeFunction } from './node-function.ts';

/** Lambda's longest, and more than a migration beside running writers should ever need. */
const TIMEOUT_SECONDS = 900;

/**
 * Brings the schema to the newest state whenever the function or a migration has changed; a migration that fails fails
 * the deployment.
 */
export class Migration extends Construct {
  readonly #trigger: triggers.Trigger;

  constructor(scope: Construct, { stage, ingest }: AwsSettings, network: Network, { cluster }: Database) {
    super(scope, 'Migration');
    const { function: handler } = new NodeFunction(this, 'migrate', {
      stage,
      description: 'Migrations, run by the deployment',
      entry: 'lambda/migrate-handler.ts',
      files: ['lambda/store/schema/migrations'],
      environment: {
        ...databaseEnvironment(cluster, DATABASE.owner),
        [ENV.masterSecretArn]: cluster.secret?.secretArn ?? '',
      },
      memoryMb: 256,
      timeoutSeconds: TIMEOUT_SECONDS,
      logRetentionDays: ingest.logRetentionDays,
      network,
    });
    cluster.grantConnect(handler, DATABASE.owner);
    // The only one that may: on a fresh cluster nobody can log in but by this password.
    cluster.secret?.grantRead(handler);
    this.#trigger = new triggers.Trigger(this, 'Trigger', { handler, timeout: Duration.seconds(TIMEOUT_SECONDS) });
  }

  /** What must not run on the schema of the release before. */
  executeBefore(...constructs: IConstruct[]): void {
    this.#trigger.executeBefore(...constructs);
  }
}
