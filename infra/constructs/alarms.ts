import {
  aws_cloudwatch_actions as actions,
  aws_cloudwatch as cloudwatch,
  Duration,
  type aws_lambda as lambda,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { nameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import type { Cluster } from './database.ts';
import type { Queues } from './queues.ts';

export interface Watched {
  queues: Queues;
  ingest: lambda.Function;
  maintenance: lambda.Function;
  cluster: Cluster;
}

interface AlarmProps {
  /** What it means, in one sentence, for whoever is woken by it. */
  meaning: string;
  metric: cloudwatch.Metric;
  threshold: number;
  /** Periods of the metric, all of them above the threshold. */
  periods: number;
}

const MINUTE = Duration.minutes(1);
/** Of the timeout. Above this the next slow batch may be cut off and start again from the beginning. */
const DURATION_SHARE = 0.8;
/** In per cent of the maximum capacity. */
const CAPACITY = 90;
/** The section of the README has the alarm's name without the stage. */
const RUNBOOK = 'What to look at and what to do: infra/README.md, "When an alarm rings".';

/** Everything that somebody should be woken for, and the topic that tells them. */
export class Alarms extends Construct {
  readonly all: cloudwatch.Alarm[];
  readonly #stage: AwsSettings['stage'];

  constructor(scope: Construct, settings: AwsSettings, watched: Watched) {
    super(scope, 'Alarms');
    this.#stage = settings.stage;
    const topic = new sns.Topic(this, 'Topic', {
      topicName: nameOf(settings.stage, 'alarms'),
      displayName: `login-etl ${settings.stage}`,
      enforceSSL: true,
    });
    for (const email of settings.alarms.emails) topic.addSubscription(new subscriptions.EmailSubscription(email));
    this.all = Object.entries(alarmProps(settings, watched)).map(([name, props]) => this.#alarm(name, props));
    const tell = new actions.SnsAction(topic);
    for (const alarm of this.all) {
      alarm.addAlarmAction(tell);
      alarm.addOkAction(tell);
    }
  }

  #alarm(name: string, { meaning, metric, threshold, periods }: AlarmProps): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, name, {
      alarmName: nameOf(this.#stage, name),
      alarmDescription: `${meaning} ${RUNBOOK}`,
      metric,
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      // SQS and Lambda send nothing while nothing happens.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}

function alarmProps(
  settings: AwsSettings,
  { queues, ingest, maintenance, cluster }: Watched,
): Record<string, AlarmProps> {
  const highest = { statistic: cloudwatch.Stats.MAXIMUM, period: MINUTE };
  const sum = { statistic: cloudwatch.Stats.SUM, period: MINUTE };
  return {
    'dlq-not-empty': {
      meaning:
        'Messages that could not become rows wait in the dead-letter queue, and are deleted when they are too old.',
      metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(highest),
      threshold: 0,
      periods: 1,
    },
    'oldest-message': {
      meaning: 'Login events wait too long: the function is down, too slow, or cannot reach its database or key.',
      metric: queues.queue.metricApproximateAgeOfOldestMessage(highest),
      threshold: settings.alarms.oldestMessageMinutes * 60,
      periods: 1,
    },
    'function-errors': {
      meaning: "Whole batches fail: a wrong setting, a mask key that is not the database's, or a fault of the program.",
      metric: ingest.metricErrors(sum),
      threshold: 0,
      periods: 3,
    },
    'function-throttles': {
      meaning: 'Lambda refuses to run the function: the concurrency of the account is used up.',
      metric: ingest.metricThrottles(sum),
      threshold: 0,
      periods: 5,
    },
    'function-duration': {
      meaning: 'Batches take nearly as long as the function may: the next ones may be cut off and tried again.',
      metric: ingest.metricDuration(highest),
      threshold: DURATION_SHARE * settings.ingest.timeoutSeconds * 1_000,
      periods: 3,
    },
    'database-capacity': {
      meaning: 'The database works at the capacity that it is allowed.',
      metric: cluster.metricACUUtilization(highest),
      threshold: CAPACITY,
      periods: 15,
    },
    'maintenance-errors': {
      meaning: 'The ledger is not being pruned, so it grows; nothing is lost.',
      metric: maintenance.metricErrors({ statistic: cloudwatch.Stats.SUM, period: Duration.hours(1) }),
      threshold: 0,
      periods: 1,
    },
  };
}
