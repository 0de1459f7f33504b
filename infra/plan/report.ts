import { LEDGER_RETENTION_DAYS } from '../../lambda/message/identity.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { SECONDS_PER_DAY } from './aws.ts';
import { carriedAtMost } from './carry.ts';
import { type Dollars, dollars, unitsFor } from './dollars.ts';
import { forecast, functionsCarry, type Load, largestBatch } from './forecast.ts';
import { limits } from './limits.ts';
import { MEASURED } from './measured.ts';
import { count, gigabytes, table } from './text.ts';

const HOUR = 3_600;

export interface Expected {
  /** On an average day. */
  steady: Load;
  /** The highest that lasts for minutes. */
  peak: Load;
  /** Messages per call of the producers, 1 to 10. */
  sentAtOnce: number;
}

/** What a stage needs and costs under the expected traffic, for people. */
export function planReport(settings: AwsSettings, { steady, peak, sentAtOnce }: Expected): string {
  const columns = [steady, peak].map((load) => loadColumn(settings, load));
  const names = Object.keys(columns[0] ?? {});
  const lines = names.map((name) => [name, ...columns.map((column) => column[name] ?? '')]);
  return [
    table([['', `steady, ${count(steady.eventsPerSecond)}/s`, `peak, ${count(peak.eventsPerSecond)}/s`], ...lines]),
    growthLines(settings, steady),
    dollarLines(dollars(settings, steady, sentAtOnce)),
    limitLines(settings, peak, steady),
    source(),
  ].join('\n\n');
}

function loadColumn(settings: AwsSettings, load: Load): Record<string, string> {
  const at = forecast(settings, load);
  const { ingest, database } = settings;
  return {
    'batches a second': count(at.batchesPerSecond),
    'events in a batch': `${count(at.eventsPerBatch)} of ${count(largestBatch(settings, load.eventBytes))}`,
    'ms of a function': count(at.functionMs),
    'functions at once': `${count(at.functionsBusy)} of ${ingest.maxConcurrency}`,
    'connections, at most': `${ingest.maxConcurrency + database.reservedConnections}`,
    'database CPU': `${count(at.databaseBusy * 100)} % of ${database.maxCapacity} units`,
    'capacity units': count(unitsFor(settings, at)),
    'messages in flight': count(at.inFlight),
  };
}

function growthLines(settings: AwsSettings, { eventsPerSecond, eventBytes }: Load): string {
  const { walBytesPerSecond } = forecast(settings, { eventsPerSecond, eventBytes });
  const perDay = eventsPerSecond * SECONDS_PER_DAY;
  return table([
    ['WAL a day', gigabytes(walBytesPerSecond * SECONDS_PER_DAY)],
    ['rows a day', `${count(perDay)}, ${gigabytes(perDay * MEASURED.rowBytes)}`],
    [`ledger, ${LEDGER_RETENTION_DAYS} days of it`, gigabytes(perDay * LEDGER_RETENTION_DAYS * MEASURED.ledgerBytes)],
    ['a backlog of an hour is gone', drained(settings, { eventsPerSecond, eventBytes })],
  ]);
}

/** After an outage of an hour, while messages keep coming. */
function drained(settings: AwsSettings, load: Load): string {
  const carried = storedAtMost(settings, load);
  if (carried <= load.eventsPerSecond) return 'never: more comes than is stored';
  const seconds = (load.eventsPerSecond * HOUR) / (carried - load.eventsPerSecond);
  return seconds < 90 ? `${count(seconds)} s after it` : `${count(seconds / 60)} minutes after it`;
}

/** All functions with full batches, as far as the database keeps up. */
function storedAtMost(settings: AwsSettings, load: Load): number {
  const functions = functionsCarry(settings, settings.ingest.maxConcurrency, load.eventBytes);
  const full = largestBatch(settings, load.eventBytes);
  const { databaseBusy } = forecast({ ...settings, ingest: { ...settings.ingest, batchSize: full } }, load);
  return Math.min(functions, load.eventsPerSecond / databaseBusy);
}

function dollarLines({ total, ...parts }: Dollars): string {
  const lines = Object.entries({ ...parts, 'sum, USD a month': total });
  return table(lines.map(([name, value]) => [name, value.toFixed(2)]));
}

function limitLines(settings: AwsSettings, peak: Load, steady: Load): string {
  const all = limits(settings, peak, steady);
  const lines = all.map(({ name, used, limit, unit }) => [name, `${count(used)} of ${count(limit)} ${unit}`.trimEnd()]);
  const { eventsPerSecond, next } = carriedAtMost(settings, peak.eventBytes);
  return [
    table(lines),
    `These settings carry ${count(eventsPerSecond)} events a second. The first limit is then: ${next.name}.`,
    `To go further: ${next.remedy}.`,
  ].join('\n');
}

function source(): string {
  const { date, machine } = MEASURED;
  return `Reckoned from what npm run bench:costs measured on ${date} (${machine}); its CPU is taken for AWS's.`;
}
