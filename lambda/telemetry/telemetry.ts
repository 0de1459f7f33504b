import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import type { Changed } from '../batch/changed.ts';
import { byCode } from '../batch/outcome.ts';
import type { BatchResult, Delivery } from '../batch/process-batch.ts';
import { type Tally, tally } from '../batch/tally.ts';
import { METRICS_NAMESPACE } from './names.ts';

/** Enough to find the messages of a bad release; a log line has a limit of 1 MiB. */
const LOGGED_FAILURES = 50;

export interface Telemetry {
  /** @param durationMs from the start of the invocation to the commit */
  batchDone(result: BatchResult, durationMs: number): void;
  /** @param error one of our own, so that its message and stack may be printed */
  batchFailed(error: Error): void;
  visibilityNotSet(messages: number): void;
  use(context: Context | undefined): void;
}

/**
 * Logs and metrics through Powertools: counts, codes and message ids, never a body, a value or a driver's error.
 *
 * @param serviceName the dimension that tells the stages of one account apart
 */
export function createTelemetry(now: () => number, serviceName: string): Telemetry {
  const logger = new Logger({ serviceName });
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName });
  return {
    use(context) {
      if (context) logger.addContext(context);
    },
    batchDone(result, durationMs) {
      const counts = tally(result.deliveries);
      const { changedBy, unknownKeysDropped } = result;
      const oldestEventAgeSeconds = oldestAgeSeconds(result.deliveries, now());
      const summary = { ...counts, changedBy, unknownKeysDropped, oldestEventAgeSeconds, durationMs };
      publish(metrics, counts, { changedBy, unknownKeysDropped, oldestEventAgeSeconds });
      if (counts.rejected + counts.rejectedAgain + counts.retried === 0) logger.info('batch stored', summary);
      else logger.warn('batch not stored in full', { ...summary, failures: failures(result.deliveries) });
    },
    batchFailed(error) {
      metrics.addMetric('BatchFailed', MetricUnit.Count, 1).publishStoredMetrics();
      logger.error('batch failed', { error_name: error.name, error_message: error.message, stack: error.stack ?? '' });
    },
    visibilityNotSet(messages) {
      metrics.addMetric('VisibilityNotSet', MetricUnit.Count, messages).publishStoredMetrics();
      logger.warn('visibility not set, so these messages wait for the timeout of the queue', { messages });
    },
  };
}

interface Gauges extends Changed {
  oldestEventAgeSeconds: number | null;
}

function publish(metrics: Metrics, counts: Tally, gauges: Gauges): void {
  metrics
    .addMetric('Received', MetricUnit.Count, counts.received)
    .addMetric('Stored', MetricUnit.Count, counts.stored)
    .addMetric('Duplicate', MetricUnit.Count, counts.duplicate)
    .addMetric('Rejected', MetricUnit.Count, counts.rejected)
    .addMetric('RejectedAgain', MetricUnit.Count, counts.rejectedAgain)
    .addMetric('Retried', MetricUnit.Count, counts.retried)
    .addMetric('UnknownKeysDropped', MetricUnit.Count, gauges.unknownKeysDropped);
  if (gauges.oldestEventAgeSeconds !== null) {
    metrics.addMetric('OldestEventAge', MetricUnit.Seconds, gauges.oldestEventAgeSeconds);
  }
  metrics.publishStoredMetrics();
  publishByReason(metrics, 'Rejected', byCode(counts.rejectedBy));
  publishByReason(metrics, 'Retried', counts.retriedBy);
  publishByReason(metrics, 'Changed', gauges.changedBy);
}

function publishByReason(metrics: Metrics, name: string, counts: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(counts)) {
    metrics.singleMetric().addDimension('reason', reason).addMetric(name, MetricUnit.Count, count);
  }
}

function failures(deliveries: readonly Delivery[]): { messageId: string; outcome: string; reason: string }[] {
  return deliveries
    .flatMap(({ record, outcome }) =>
      'reason' in outcome ? [{ messageId: record.messageId, outcome: outcome.kind, reason: outcome.reason }] : [],
    )
    .slice(0, LOGGED_FAILURES);
}

function oldestAgeSeconds(deliveries: readonly Delivery[], now: number): number | null {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { record } of deliveries) {
    const sentAt = record.attributes?.SentTimestamp;
    // What arrives is only said to be text, and an object that refuses to become a number would fail a committed batch.
    const ms = typeof sentAt === 'string' ? Number(sentAt) : Number.NaN;
    if (Number.isFinite(ms) && ms < oldest) oldest = ms;
  }
  return oldest === Number.POSITIVE_INFINITY ? null : Math.max(0, now - oldest) / 1_000;
}
