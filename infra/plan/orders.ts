import { LEDGER_RETENTION_DAYS } from '../../lambda/message/identity.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { SECONDS_PER_DAY } from './aws.ts';
import { type Carrier, carrier } from './carry.ts';
import { dollars } from './dollars.ts';
import { forecast, type Load } from './forecast.ts';
import { MEASURED } from './measured.ts';
import { count } from './text.ts';

/** What carries 1, 10, ... 1,000,000 events a second, and what it costs. */
export function ordersOfMagnitude(settings: AwsSettings, eventBytes: number) {
  const rates = Array.from({ length: 7 }, (_, power) => 10 ** power);
  return rates.map((eventsPerSecond) => order(settings, { eventsPerSecond, eventBytes }));
}

/** The same as a Markdown table. */
export function ordersTable(settings: AwsSettings, eventBytes: number): string {
  const rows = ordersOfMagnitude(settings, eventBytes).map((figures) => {
    const cells = Object.values(figures).map((figure) => (typeof figure === 'number' ? count(figure) : figure));
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| events/s | carried by | batches/s | events each | functions | WAL MB/s | GB a day | ledger GB | USD a month |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** In the order of the table's columns. */
function order(settings: AwsSettings, load: Load) {
  const carriedBy = carrier(settings, load);
  const { parts } = carriedBy;
  const part = { ...load, eventsPerSecond: load.eventsPerSecond / parts };
  const at = forecast(carriedBy.settings, part);
  const perDay = load.eventsPerSecond * SECONDS_PER_DAY;
  return {
    eventsPerSecond: load.eventsPerSecond,
    carriedBy: carries(settings, carriedBy),
    batchesPerSecond: at.batchesPerSecond * parts,
    eventsPerBatch: at.eventsPerBatch,
    functionsBusy: at.functionsBusy * parts,
    walMegabytesPerSecond: (at.walBytesPerSecond * parts) / 1e6,
    gigabytesPerDay: (perDay * (MEASURED.rowBytes + MEASURED.ledgerBytes)) / 1e9,
    ledgerGigabytes: (perDay * LEDGER_RETENTION_DAYS * MEASURED.ledgerBytes) / 1e9,
    dollarsPerMonth: dollars(carriedBy.settings, part, 10).total * parts,
  };
}

function carries(before: AwsSettings, { parts, settings, partitioned }: Carrier): string {
  const changes = [
    ['maxConcurrency', before.ingest.maxConcurrency, settings.ingest.maxConcurrency],
    ['windowSeconds', before.ingest.windowSeconds, settings.ingest.windowSeconds],
    ['maxCapacity', before.database.maxCapacity, settings.database.maxCapacity],
    ['everyHours', before.maintenance.everyHours, settings.maintenance.everyHours],
  ].flatMap(([name, was, is]) => (was === is ? [] : [`${name} ${is}`]));
  if (partitioned) changes.push('the ledger in partitions');
  const each = changes.length > 0 ? changes.join(', ') : `the settings of ${before.stage}`;
  return parts === 1 ? each : `${parts} queues and clusters by user_id, each ${each}`;
}
