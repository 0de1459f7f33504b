import { Duration, triggers } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { DATABASE } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { databaseEnvironment, type JobProps } from './database-access.ts';
import { eraseEnvironment } from './maintenance.ts';
import { NodeFunction } from './node-function.ts';

/**
 * More than a migration beside running writers should ever need, and a minute less than CDK's provider lives (900 s), which
 * tells CloudFormation what came of it: if that were cut off first, the deployment would hang for an hour.
 */
const TIMEOUT_SECONDS = 840;
/** So that the function's own error reaches the provider before the provider's time is up. */
const WAIT_SECONDS = TIMEOUT_SECONDS + 30;

/**
 * Brings the schema to the newest state whenever the function or a migration has changed; a migration that fails fails
 * the deployment.
 */
export class Migration extends Construct {
  readonly #trigger: triggers.Trigger;

  constructor(
    scope: Construct,
    { stage, maintenance }: AwsSettings,
    { network, database: { cluster }, log }: JobProps,
  ) {
    super(scope, 'Migration');
    const { function: handler } = new NodeFunction(this, 'migrate', {
      stage,
      description: 'Migrations, run by the deployment',
      entry: 'lambda/migrate-handler.ts',
      files: ['lambda/store/schema/migrations'],
      environment: { ...databaseEnvironment(cluster, DATABASE.owner), ...eraseEnvironment(maintenance) },
      memoryMb: 256,
      timeoutSeconds: TIMEOUT_SECONDS,
      log,
      network,
    });
    cluster.grantConnect(handler, DATABASE.owner);
    this.#trigger = new triggers.Trigger(this, 'Trigger', { handler, timeout: Duration.seconds(WAIT_SECONDS) });
  }

  /** What must not run on the schema of the release before. */
  executeBefore(...constructs: IConstruct[]): void {
    this.#trigger.executeBefore(...constructs);
  }
}
