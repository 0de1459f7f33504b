import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { METRICS_NAMESPACE } from '../../lambda/telemetry/names.ts';
import { nameOf } from '../names.ts';
import type { AwsSettings, Stage } from '../settings/settings.ts';
import type { Watched } from './alarm-props.ts';

const PERIOD = Duration.minutes(5);
const SUM = { statistic: cloudwatch.Stats.SUM, period: PERIOD };
const HIGHEST = { statistic: cloudwatch.Stats.MAXIMUM, period: PERIOD };
const WIDTH = 12;

/** For a person on call, from top to bottom: is something wrong, is anything waiting, why, and is it the database. */
export class Dashboard extends Construct {
  constructor(scope: Construct, { stage }: AwsSettings, watched: Watched, alarms: cloudwatch.IAlarm[]) {
    super(scope, 'Dashboard');
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: nameOf(stage, 'pipeline'),
      defaultInterval: Duration.hours(12),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: 2 * WIDTH, height: 3 })],
        [throughput(stage), waiting(stage, watched)],
        [byReason(stage, 'Rejected'), byReason(stage, 'Retried')],
        [byReason(stage, 'Changed'), invocations(watched)],
        [database(watched)],
      ],
    });
  }
}

function throughput(stage: Stage): cloudwatch.GraphWidget {
  const counts = ['Received', 'Stored', 'Duplicate', 'Rejected', 'RejectedAgain', 'Retried'];
  return graph(
    'Deliveries',
    counts.map((metricName) => own(stage, metricName, SUM)),
  );
}

function waiting(stage: Stage, { queues }: Watched): cloudwatch.GraphWidget {
  const { queue, deadLetterQueue } = queues;
  return graph(
    'Waiting',
    [
      queue.metricApproximateNumberOfMessagesVisible({ ...HIGHEST, label: 'in the queue' }),
      queue.metricApproximateNumberOfMessagesNotVisible({
        ...HIGHEST,
        label: 'being stored, or waiting for the next try',
      }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({ ...HIGHEST, label: 'in the dead-letter queue' }),
      own(stage, 'VisibilityNotSet', { ...SUM, label: 'waiting for the timeout: SQS took no other wait' }),
    ],
    [queue.metricApproximateAgeOfOldestMessage({ ...HIGHEST, label: 'age of the oldest, s' })],
  );
}

/** One line per reason code, found by search, since only the function knows which reasons there are. */
function byReason(stage: Stage, metricName: string): cloudwatch.GraphWidget {
  const schema = `{${METRICS_NAMESPACE},service,reason}`;
  const search = `${schema} MetricName="${metricName}" service="${nameOf(stage, 'ingest')}"`;
  const expression = `SEARCH('${search}', 'Sum', ${PERIOD.toSeconds()})`;
  return graph(`${metricName}, by reason`, [new cloudwatch.MathExpression({ expression, label: '', period: PERIOD })]);
}

function invocations({ ingest }: Watched): cloudwatch.GraphWidget {
  return graph(
    'Function',
    [ingest.metricInvocations(SUM), ingest.metricErrors(SUM), ingest.metricThrottles(SUM)],
    [
      ingest.metricDuration({ ...HIGHEST, label: 'longest, ms' }),
      ingest.metricDuration({ period: PERIOD, statistic: cloudwatch.Stats.percentile(50), label: 'median, ms' }),
    ],
  );
}

function database({ cluster }: Watched): cloudwatch.GraphWidget {
  return graph(
    'Database',
    [cluster.metricACUUtilization({ ...HIGHEST, label: 'capacity in use, %' })],
    [cluster.metricDatabaseConnections({ ...HIGHEST, label: 'connections' })],
  );
}

function own(stage: Stage, metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
  const dimensionsMap = { service: nameOf(stage, 'ingest') };
  return new cloudwatch.Metric({ namespace: METRICS_NAMESPACE, metricName, dimensionsMap, ...options });
}

function graph(title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, left, right, width: WIDTH, height: 7 });
}
