import type { Template } from 'aws-cdk-lib/assertions';
import { resources } from '../stacks.ts';
import type { Signal, Signals } from './series.ts';

/** An alarm as the template has it, without anything that only our code knows. */
export interface TemplateAlarm {
  name: string;
  signal: Signal;
  statistic: 'Sum' | 'Maximum';
  periodMinutes: number;
  periods: number;
  breaching: number;
  threshold: number;
}

/**
 * How many periods beyond its own an alarm looks back for data points where some are missing: CloudWatch does not say,
 * and its examples have two.
 */
export const EXTRA_PERIODS = [0, 2] as const;

const SIGNAL_OF: Readonly<Record<string, Signal>> = {
  'LoginEtl Retried': 'Retried',
  'AWS/Lambda Errors': 'Errors',
  'AWS/Lambda Throttles': 'Throttles',
  'AWS/Lambda Duration': 'Duration',
  'AWS/SQS ApproximateAgeOfOldestMessage': 'AgeOfOldest',
  'AWS/SQS ApproximateNumberOfMessagesVisible': 'DeadLetters',
  'AWS/RDS CPUUtilization': 'Cpu',
};

export function alarmsOf(stage: string, template: Template): TemplateAlarm[] {
  return resources(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => {
    const { Namespace, MetricName, Dimensions, Statistic, Period, EvaluationPeriods, DatapointsToAlarm } = Properties;
    const ofMaintenance = JSON.stringify(Dimensions).includes('Maintenance');
    const signal = ofMaintenance ? 'MaintenanceErrors' : SIGNAL_OF[`${Namespace} ${MetricName}`];
    if (!signal || Properties.TreatMissingData !== 'notBreaching') {
      throw new Error(`Nothing simulates the alarm ${Properties.AlarmName}.`);
    }
    return {
      name: Properties.AlarmName.replace(`login-etl-${stage}-`, ''),
      signal,
      statistic: Statistic,
      periodMinutes: Period / 60,
      periods: EvaluationPeriods,
      breaching: DatapointsToAlarm,
      threshold: Properties.Threshold,
    };
  });
}

/**
 * Says whether the alarm rings at the end of each minute (CloudWatch user guide, "Alarm evaluation" and "Configuring how
 * CloudWatch alarms treat missing data"): periods end now, not on the hour; of those with data the newest count; only
 * where these are too few do missing ones count, and as not breaching.
 */
export function ringing(alarm: TemplateAlarm, signals: Signals, extraPeriods: number): boolean[] {
  const series = signals[alarm.signal];
  return Array.from({ length: series.minutes }, (_, minute) => {
    const values: number[] = [];
    for (let back = 0; back < alarm.periods + extraPeriods && values.length < alarm.periods; back++) {
      const to = minute + 1 - back * alarm.periodMinutes;
      const value = series.statistic(alarm.statistic, to - alarm.periodMinutes, to);
      if (value !== undefined) values.push(value);
    }
    return values.filter((value) => value > alarm.threshold).length >= alarm.breaching;
  });
}
