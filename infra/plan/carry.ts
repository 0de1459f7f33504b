import type { AwsSettings } from '../settings/settings.ts';
import { BUSY, MAX_POLLERS, MAX_UNITS } from './aws.ts';
import type { Load } from './forecast.ts';
import { type Limit, limits, PRUNING, pruningSeconds } from './limits.ts';

/** What carries a load: so many stages side by side, the events divided between them by user_id, each with these settings. */
export interface Carrier {
  /** A queue, its functions and a cluster each. */
  parts: number;
  settings: AwsSettings;
  /** Hourly runs do not prune the ledger in time, so that it has to be dropped by the day. */
  partitioned: boolean;
}

const UNITS = [1, 2, 4, 8, 16, 32, 64, 128, MAX_UNITS] as const;
const HOURS = [24, 12, 6, 3, 1] as const;
/** So that a table of orders of magnitude stays readable. */
const MOST_PARTS = 1_000;

/** The fewest parts, and for each the lowest settings at or above the given ones, that stay within every limit. */
export function carrier(settings: AwsSettings, load: Load): Carrier {
  for (let parts = 1; parts <= MOST_PARTS; parts++) {
    const part = { ...load, eventsPerSecond: load.eventsPerSecond / parts };
    const grown = grow(settings, part);
    const met = exceeded(grown, part);
    const partitioned = met.some(({ name }) => name === PRUNING);
    if (met.every(({ name }) => name === PRUNING)) return { parts, settings: grown, partitioned };
  }
  throw new RangeError(`${load.eventsPerSecond} events a second are more than ${MOST_PARTS} queues carry.`);
}

/** Raises a setting for each limit that is met, until none is or nothing helps. */
function grow(settings: AwsSettings, load: Load): AwsSettings {
  let grown = settings;
  for (let step = 0; step < 50; step++) {
    const next = exceeded(grown, load)
      .map((limit) => grownFor(limit, grown, load))
      .find((settings) => settings !== undefined);
    if (!next) return grown;
    grown = next;
  }
  return grown;
}

function grownFor({ name, used, limit }: Limit, settings: AwsSettings, load: Load): AwsSettings | undefined {
  const { ingest, database, maintenance } = settings;
  if (name === 'functions at once') {
    const maxConcurrency = Math.ceil(used / BUSY);
    return maxConcurrency > MAX_POLLERS ? undefined : { ...settings, ingest: { ...ingest, maxConcurrency } };
  }
  if (name === 'CPU of the database' || name === 'connections') {
    const maxCapacity = UNITS.find((units) => units > database.maxCapacity);
    return maxCapacity && { ...settings, database: { ...database, maxCapacity } };
  }
  if (name === PRUNING) {
    const everyHours = HOURS.find(
      (hours) => hours < maintenance.everyHours && pruningSeconds(hours, load.eventsPerSecond) <= limit,
    );
    return everyHours && { ...settings, maintenance: { ...maintenance, everyHours } };
  }
  if (name === 'messages in flight' && ingest.windowSeconds > 1) {
    return { ...settings, ingest: { ...ingest, windowSeconds: 1 } };
  }
  return undefined;
}

/** The most events a second that meet no limit, and the limit that a few more would meet. */
export function carriedAtMost(settings: AwsSettings, eventBytes: number): { eventsPerSecond: number; next: Limit } {
  let [carried, tooMuch] = [0.01, 1e9];
  while (tooMuch / carried > 1.001) {
    const eventsPerSecond = Math.sqrt(carried * tooMuch);
    if (exceeded(settings, { eventsPerSecond, eventBytes }).length === 0) carried = eventsPerSecond;
    else tooMuch = eventsPerSecond;
  }
  const [next] = exceeded(settings, { eventsPerSecond: tooMuch, eventBytes });
  return { eventsPerSecond: carried, next: next as Limit };
}

function exceeded(settings: AwsSettings, load: Load): Limit[] {
  return limits(settings, load, load).filter(({ used, limit }) => used > limit);
}
