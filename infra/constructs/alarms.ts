import {
  Annotations,
  aws_cloudwatch_actions as actions,
  aws_cloudwatch as cloudwatch,
  type aws_sns as sns,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { nameOf } from '../names.ts';
import { RUNBOOK_FILE } from '../runbook.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { type AlarmProps, alarmProps, type Watched } from './alarm-props.ts';
import { alarmTopic } from './alarm-topic.ts';

/** Everything that somebody should be woken for, and the topic that tells them. */
export class Alarms extends Construct {
  readonly all: cloudwatch.Alarm[];
  readonly topic: sns.Topic;
  readonly #settings: AwsSettings;

  constructor(scope: Construct, settings: AwsSettings, watched: Watched) {
    super(scope, 'Alarms');
    this.#settings = settings;
    this.all = Object.entries(alarmProps(settings, watched)).map(([name, props]) => this.#alarm(name, props));
    this.topic = alarmTopic(this, settings);
    const tell = new actions.SnsAction(this.topic);
    for (const alarm of this.all) {
      alarm.addAlarmAction(tell);
      alarm.addOkAction(tell);
    }
    this.#warn();
  }

  #alarm(name: string, { meaning, metric, threshold, periods, breaching = periods }: AlarmProps): cloudwatch.Alarm {
    const { stage, alarms } = this.#settings;
    return new cloudwatch.Alarm(this, name, {
      alarmName: nameOf(stage, name),
      alarmDescription: `${meaning} What to look at and what to do: ${alarms.runbook ?? RUNBOOK_FILE}#${name}`,
      metric,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: breaching,
      // SQS and Lambda send nothing while nothing happens.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  #warn(): void {
    const { stage, alarms } = this.#settings;
    if (stage === 'prod' && alarms.emails.length === 0) {
      Annotations.of(this).addWarningV2(
        'login-etl:alarms-reach-nobody',
        'The alarms of prod reach nobody: put an address into alarms.emails of infra/settings/settings.ts.',
      );
    }
    if (alarms.runbook === null) {
      Annotations.of(this).addWarningV2(
        'login-etl:runbook-without-address',
        `The alarms name the file ${RUNBOOK_FILE} as their runbook, since there is neither a git remote nor GitHub ` +
          'Actions to tell its address: set alarms.runbook.',
      );
    }
  }
}
