import type { AwsSettings } from '../settings/settings.ts';
import { limits } from './limits.ts';

/** @returns a sentence for each limit that the expected traffic meets with these settings, which must be sound otherwise */
export function trafficProblems(settings: AwsSettings): string[] {
  const { eventsPerSecond, peakEventsPerSecond, eventBytes } = settings.traffic;
  const peak = { eventsPerSecond: peakEventsPerSecond, eventBytes };
  return limits(settings, peak, { eventsPerSecond, eventBytes })
    .filter(({ used, limit }) => used > limit)
    .map(
      ({ name, used, limit, unit, remedy }) =>
        `traffic of ${eventsPerSecond} and at most ${peakEventsPerSecond} events a second is too much for these settings ` +
        `(${name}: ${short(used)} of ${short(limit)}${unit && ` ${unit}`}): ${remedy}.`,
    );
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
