import { aws_logs as logs, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { FUNCTIONS, type FunctionName, nameOf } from '../names.ts';
import type { PipelineSettings, Stage } from '../settings/settings.ts';

/**
 * The logs of all functions, in the stack that stays: they outlive a release that is destroyed, and the next one finds
 * them instead of a name that is taken.
 */
export class FunctionLogs extends Construct {
  readonly of: Readonly<Record<FunctionName, logs.ILogGroup>>;

  constructor(scope: Construct, settings: PipelineSettings, removalPolicy: RemovalPolicy) {
    super(scope, 'Logs');
    const entries = FUNCTIONS.map((name) => [name, makeLog(this, name, settings, removalPolicy)]);
    this.of = Object.fromEntries(entries);
  }
}

/** The log of one function, under the name that Lambda would give it. */
export function makeLog(
  scope: Construct,
  name: FunctionName,
  { stage, ingest }: { stage: Stage; ingest: { logRetentionDays: number } },
  removalPolicy: RemovalPolicy,
): logs.LogGroup {
  return new logs.LogGroup(scope, `${name}-log`, {
    logGroupName: `/aws/lambda/${nameOf(stage, name)}`,
    retention: ingest.logRetentionDays,
    removalPolicy,
  });
}
