import { LEDGER_RETENTION_DAYS } from '../../lambda/message/identity.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { SECONDS_PER_DAY } from './aws.ts';
import { type Carrier, carrier } from './carry.ts';
import { dollars } from './dollars.ts';
import { forecast, type Load } from './forecast.ts';
import { MEASURED } from './measured.ts';
import { count } from './text.ts';

/** A row for each order of magnitude, as Markdown: what carries it, and what it costs. */
export function ordersOfMagnitude(settings: AwsSettings, eventBytes: number): string {
  const rates = Array.from({ length: 7 }, (_, power) => 10 ** power);
  const rows = rates.map((eventsPerSecond) => orderRow(settings, { eventsPerSecond, eventBytes }));
  return [
    '| events/s | carried by | batches/s | events each | functions | WAL MB/s | GB a day | ledger GB | USD a month |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function orderRow(settings: AwsSettings, load: Load): string {
  const carriedBy = carrier(settings, load);
  const { parts } = carriedBy;
  const part = { ...load, eventsPerSecond: load.eventsPerSecond / parts };
  const at = forecast(carriedBy.settings, part);
  const perDay = load.eventsPerSecond * SECONDS_PER_DAY;
  const cells = [
    count(load.eventsPerSecond),
    carries(settings, carriedBy),
    count(at.batchesPerSecond * parts),
    count(at.eventsPerBatch),
    count(at.functionsBusy * parts),
    count((at.walBytesPerSecond * parts) / 1e6),
    count((perDay * (MEASURED.rowBytes + MEASURED.ledgerBytes)) / 1e9),
    count((perDay * LEDGER_RETENTION_DAYS * MEASURED.ledgerBytes) / 1e9),
    count(dollars(carriedBy.settings, part, 10).total * parts),
  ];
  return `| ${cells.join(' | ')} |`;
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
