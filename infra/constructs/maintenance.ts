import { Duration, aws_events as events, type aws_lambda as lambda, aws_events_targets as targets } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { DATABASE, nameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { databaseEnvironment, type JobProps } from './database-access.ts';
import { NodeFunction } from './node-function.ts';

/** Forgets, once a day or more often, the ledger entries of messages that can no longer come again, and erases what is old. */
export class Maintenance extends Construct {
  readonly function: lambda.Function;

  constructor(
    scope: Construct,
    { stage, maintenance, database: { refreshViews } }: AwsSettings,
    { network, database: { cluster }, log }: JobProps,
  ) {
    super(scope, 'Maintenance');
    this.function = new NodeFunction(this, 'maintain', {
      stage,
      description: 'Deletes ledger entries that have done their work',
      entry: 'lambda/maintain-handler.ts',
      environment: {
        ...databaseEnvironment(cluster, DATABASE.maintainer),
        [ENV.refreshViews]: `${refreshViews}`,
        ...eraseEnvironment(maintenance),
      },
      memoryMb: 256,
      timeoutSeconds: 900,
      log,
      network,
    }).function;
    cluster.grantConnect(this.function, DATABASE.maintainer);
    new events.Rule(this, 'Daily', {
      ruleName: nameOf(stage, 'maintain'),
      description: 'Maintenance of the ledger',
      schedule: events.Schedule.rate(Duration.hours(maintenance.everyHours)),
      targets: [new targets.LambdaFunction(this.function, { retryAttempts: 2 })],
    });
  }
}

/** The maintenance learns after how many days rows are erased; the migration, which grants the right, that they are. */
export function eraseEnvironment({ eraseAfterDays }: AwsSettings['maintenance']): Record<string, string> {
  return eraseAfterDays === null ? {} : { [ENV.eraseAfterDays]: `${eraseAfterDays}` };
}
