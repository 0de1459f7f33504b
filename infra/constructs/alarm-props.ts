import { aws_cloudwatch as cloudwatch, Duration, type aws_lambda as lambda } from 'aws-cdk-lib';
import { METRICS_NAMESPACE } from '../../lambda/telemetry/names.ts';
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

export interface AlarmProps {
  /** What the alarm means, in one sentence, for the person it wakes. */
  meaning: string;
  metric: cloudwatch.Metric;
  threshold: number;
  /** How many periods of the metric are evaluated. */
  periods: number;
  /** How many of them must be above the threshold; by default all. */
  breaching?: number;
}

/** Share of the timeout above which the next slow batch may be cut off and have to start again. */
const DURATION_SHARE = 0.8;
/** Per cent of the CPU at maximum capacity. */
const CPU = 90;
/** Lambda calls the maintenance function up to three times a day until it succeeds (asynchronous invocation). */
const MAINTENANCE_TRIES = 3;

/**
 * Quiet while a fault lasts less than five minutes, certain after ten; a batch that comes back every six minutes (the
 * visibility timeout) is in at least three of five periods.
 */
const LASTING = { period: Duration.minutes(5), periods: 5, breaching: 3 };
/**
 * A message that is tried again and again comes at least every 10.5 minutes, so in at least three of five such periods,
 * and an outage rings after 16 to 20 minutes. One that is over within 8 minutes does not.
 */
const RETRIED = { period: Duration.minutes(8), periods: 5, breaching: 3 };

/**
 * By name. `test/infra/alarm-simulation.test.ts` works out how soon each failure makes which alarm ring, and that none rings
 * without a failure.
 */
export function alarmProps(settings: AwsSettings, watched: Watched): Record<string, AlarmProps> {
  return { ...queueAlarms(settings, watched), ...functionAlarms(settings, watched), ...databaseAlarms(watched) };
}

function queueAlarms({ stage, alarms }: AwsSettings, { queues }: Watched): Record<string, AlarmProps> {
  return {
    'dlq-not-empty': {
      meaning:
        'Messages that could not become rows wait in the dead-letter queue, and are deleted when they are too old.',
      metric: queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible(highest(Duration.minutes(1))),
      threshold: 0,
      periods: 1,
    },
    // Does not show an outage: SQS leaves out messages that were received more than three times.
    'oldest-message': {
      meaning:
        'Login events wait and nobody takes them: the event source or the function stands still, or is too slow.',
      metric: queues.queue.metricApproximateAgeOfOldestMessage(highest(Duration.minutes(1))),
      threshold: alarms.oldestMessageMinutes * 60,
      periods: 1,
    },
    'messages-retried': {
      meaning: 'Login events are tried again and again: the function cannot reach its database or its key.',
      metric: new cloudwatch.Metric({
        namespace: METRICS_NAMESPACE,
        metricName: 'Retried',
        dimensionsMap: { service: nameOf(stage, 'ingest') },
        ...sum(RETRIED.period),
      }),
      threshold: 0,
      periods: RETRIED.periods,
      breaching: RETRIED.breaching,
    },
  };
}

function functionAlarms({ ingest: { timeoutSeconds } }: AwsSettings, { ingest }: Watched): Record<string, AlarmProps> {
  return {
    'function-errors': {
      meaning: "Whole batches fail: a wrong setting, a mask key that is not the database's, or a fault of the program.",
      metric: ingest.metricErrors(sum(Duration.minutes(5))),
      threshold: 0,
      periods: 3,
      breaching: 2,
    },
    'function-throttles': {
      meaning: 'Lambda refuses to run the function: the concurrency of the account is used up.',
      metric: ingest.metricThrottles(sum(LASTING.period)),
      threshold: 0,
      periods: LASTING.periods,
      breaching: LASTING.breaching,
    },
    'function-duration': {
      meaning: 'Batches take nearly as long as the function may: the next ones may be cut off and tried again.',
      metric: ingest.metricDuration(highest(LASTING.period)),
      threshold: DURATION_SHARE * timeoutSeconds * 1_000,
      periods: LASTING.periods,
      breaching: LASTING.breaching,
    },
  };
}

function databaseAlarms({ cluster, maintenance }: Watched): Record<string, AlarmProps> {
  return {
    // Not ACUUtilization: a small database that has just woken is at 100 % of it while it does nothing.
    'database-capacity': {
      meaning: 'The database uses all the CPU that its maximum capacity has.',
      metric: cluster.metricCPUUtilization(highest(Duration.minutes(1))),
      threshold: CPU,
      periods: 15,
    },
    'maintenance-errors': {
      meaning: 'The ledger is not being pruned, so it grows; nothing is lost.',
      metric: maintenance.metricErrors(sum(Duration.hours(1))),
      threshold: MAINTENANCE_TRIES - 1,
      periods: 1,
    },
  };
}

function highest(period: Duration): cloudwatch.MetricOptions {
  return { statistic: cloudwatch.Stats.MAXIMUM, period };
}

function sum(period: Duration): cloudwatch.MetricOptions {
  return { statistic: cloudwatch.Stats.SUM, period };
}
