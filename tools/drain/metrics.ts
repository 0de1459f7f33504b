import { byCode } from '../../lambda/batch/outcome.ts';
import type { Progress } from './progress.ts';

type Samples = Readonly<Record<string, number>>;

/** In the text format of Prometheus, version 0.0.4. Only our own codes and names become labels. */
export function formatMetrics(progress: Progress): string {
  const totals = progress.totals();
  const outage = progress.outage();
  const { user, system } = process.cpuUsage();
  return [
    metric('login_etl_stored_total', 'counter', 'Messages stored as a row.', totals.stored),
    metric('login_etl_duplicates_total', 'counter', 'Messages whose row was there already.', totals.duplicates),
    metric(
      'login_etl_rejected_total',
      'counter',
      'Messages that can never become a row.',
      byCode(totals.rejected),
      'reason',
    ),
    metric(
      'login_etl_retried_total',
      'counter',
      'Tries that failed for a reason outside the message.',
      totals.retried,
      'reason',
    ),
    metric(
      'login_etl_changed_total',
      'counter',
      'Valid messages in which something was changed or left out.',
      totals.changed,
      'reason',
    ),
    metric('login_etl_batches_total', 'counter', 'Batches given to the function.', totals.batches),
    metric('login_etl_batch_seconds_total', 'counter', 'Time that the function spent on them.', totals.batchSeconds),
    metric(
      'login_etl_failed_batches_total',
      'counter',
      'Batches that failed as a whole.',
      totals.failedBatches,
      'error',
    ),
    metric(
      'login_etl_unreachable_total',
      'counter',
      'Failed attempts to reach SQS, KMS or the database.',
      totals.unreachable,
      'reason',
    ),
    metric(
      'login_etl_outage_seconds',
      'gauge',
      'How long SQS, KMS or the database has been unreachable, or 0.',
      (outage?.forMs ?? 0) / 1_000,
    ),
    metric('process_cpu_seconds_total', 'counter', 'CPU time, user and system.', (user + system) / 1e6),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
  ].join('');
}

function metric(name: string, type: 'counter' | 'gauge', help: string, value: number | Samples, label = ''): string {
  const samples =
    typeof value === 'number'
      ? [`${name} ${value}`]
      : Object.entries(value).map(([text, count]) => `${name}{${label}="${escapeLabel(text)}"} ${count}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((sample) => `${sample}\n`).join('')}`;
}

function escapeLabel(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
}
