import { databaseConnections } from '../settings/derived.ts';
import type { AwsSettings } from '../settings/settings.ts';
import { BUSY, MAX_IN_FLIGHT, MAX_WAL_MB_PER_SECOND, SECONDS_PER_DAY } from './aws.ts';
import { type Forecast, forecast, functionsCarry, type Load } from './forecast.ts';
import { MEASURED } from './measured.ts';

/** A run of the maintenance is cut off after this time (lambda/maintain-handler.ts), and goes on at the next one. */
export const PRUNING_SECONDS = 600;
/** The threshold of the alarm function-duration. */
const DURATION_SHARE = 0.8;

export const PRUNING = 'pruning of the ledger';

/** Something that gets used up as the load grows. */
export interface Limit {
  name: string;
  /** Same unit as `limit`. */
  used: number;
  limit: number;
  unit: string;
  /** What to change when it is met. */
  remedy: string;
}

/**
 * How near each limit is, the nearest first; one is met where `used` is above `limit`.
 *
 * @param peak the highest load that lasts for minutes
 * @param steady the load of an average day
 */
export function limits(settings: AwsSettings, peak: Load, steady: Load): Limit[] {
  const at = forecast(settings, peak);
  return [...functionLimits(settings, peak, at), ...databaseLimits(settings, at), pruning(settings, steady)].sort(
    (a, b) => b.used / b.limit - a.used / a.limit,
  );
}

function functionLimits(settings: AwsSettings, peak: Load, at: Forecast): Limit[] {
  const { maxConcurrency, timeoutSeconds } = settings.ingest;
  return [
    {
      name: 'functions at once',
      used: (peak.eventsPerSecond * maxConcurrency) / functionsCarry(settings, maxConcurrency, peak.eventBytes),
      limit: maxConcurrency * BUSY,
      unit: '',
      remedy: 'raise ingest.maxConcurrency, or ingest.memoryMb up to 1,769',
    },
    {
      name: 'time of a function',
      used: at.functionMs / 1_000,
      limit: timeoutSeconds * DURATION_SHARE,
      unit: 's',
      remedy: 'lower ingest.batchSize, or raise ingest.memoryMb',
    },
    {
      name: 'messages in flight',
      used: at.inFlight,
      limit: MAX_IN_FLIGHT * BUSY,
      unit: '',
      remedy: 'lower ingest.windowSeconds, then split the producers between several queues by user_id',
    },
  ];
}

function databaseLimits({ database, ingest }: AwsSettings, at: Forecast): Limit[] {
  return [
    {
      name: 'CPU of the database',
      used: at.databaseBusy * 100,
      limit: BUSY * 100,
      unit: '%',
      remedy: 'raise database.maxCapacity (up to 256), then use several clusters by user_id',
    },
    {
      name: 'connections',
      used: ingest.maxConcurrency + database.reservedConnections,
      limit: databaseConnections(database.minCapacity, database.maxCapacity),
      unit: '',
      remedy: 'raise database.maxCapacity',
    },
    {
      name: 'WAL of one writer',
      used: at.walBytesPerSecond / 1e6,
      limit: MAX_WAL_MB_PER_SECOND,
      unit: 'MB/s',
      remedy: 'use several clusters by user_id',
    },
  ];
}

/** Seconds that a run takes to prune what has become old since the one before. */
export function pruningSeconds(everyHours: number, eventsPerSecond: number): number {
  return ((everyHours / 24) * SECONDS_PER_DAY * eventsPerSecond) / MEASURED.prunedPerSecond;
}

function pruning({ maintenance }: AwsSettings, { eventsPerSecond }: Load): Limit {
  return {
    name: PRUNING,
    used: pruningSeconds(maintenance.everyHours, eventsPerSecond),
    limit: PRUNING_SECONDS * BUSY,
    unit: 's a run',
    remedy: 'lower maintenance.everyHours; where 1 is not enough, partition the ledger by day and drop the oldest',
  };
}
