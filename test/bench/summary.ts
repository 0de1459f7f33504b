import type { BundleResult } from './bundle.ts';
import type { ContestantId } from './plan.ts';
import { type Spread, spread } from './statistics.ts';
import type { Round, SizeSamples } from './write-path.ts';

export const IDS: readonly ContestantId[] = ['row-by-row', 'floor', 'handler'];

export interface SizeSummary {
  events: number;
  contestants: Record<ContestantId, ContestantSummary>;
  /** How many times faster the handler is than row by row. */
  speedUp: Spread;
}

export interface ContestantSummary {
  ms: Spread;
  eventsPerSecond: number;
  ratioToFloor: Spread;
}

export interface Target {
  name: string;
  unit: string;
  bound: 'at most' | 'at least';
  limit: number;
  value: number;
  reached: boolean;
}

/**
 * Ratios are taken inside each round and then their median, since what slows the machine for a second slows neighbours
 * alike.
 */
export function summarise({ events, rounds }: SizeSamples): SizeSummary {
  const contestant = (id: ContestantId): ContestantSummary => {
    const ms = spread(rounds.flatMap((round) => round[id] ?? []));
    return { ms, eventsPerSecond: events / (ms.median / 1_000), ratioToFloor: ratio(rounds, id, 'floor') };
  };
  return {
    events,
    contestants: {
      'row-by-row': contestant('row-by-row'),
      floor: contestant('floor'),
      handler: contestant('handler'),
    },
    speedUp: ratio(rounds, 'row-by-row', 'handler'),
  };
}

function ratio(rounds: readonly Round[], one: ContestantId, other: ContestantId): Spread {
  return spread(
    rounds.flatMap((round) => {
      const [above, below] = [round[one], round[other]];
      return above === undefined || below === undefined ? [] : above / below;
    }),
  );
}

/** What the project sets itself; a machine can be too noisy for it, so missing one fails nothing. */
export function targets(sizes: readonly SizeSummary[], bundle: BundleResult): Target[] {
  const size = (events: number) => sizes.find((size) => size.events === events) as SizeSummary;
  const overFloor = (events: number) => size(events).contestants.handler.ratioToFloor.median;
  const target = (name: string, value: number, bound: Target['bound'], limit: number, unit: string): Target => {
    const reached = bound === 'at most' ? value <= limit : value >= limit;
    return { name, unit, bound, limit, value, reached };
  };
  return [
    target('handler over floor, 10,000 events', overFloor(10_000), 'at most', 2.0, 'times'),
    target('handler over floor, 100 events', overFloor(100), 'at most', 1.4, 'times'),
    target('handler over floor, 10 events', overFloor(10), 'at most', 1.4, 'times'),
    target('handler faster than row by row, 10,000 events', size(10_000).speedUp.median, 'at least', 20, 'times'),
    target('import of the bundled handler over an empty one', bundle.handler.overEmptyMs, 'at most', 35, 'ms'),
    target('bundle without the AWS clients', bundle.handler.bytes / 1_000, 'at most', 350, 'kB'),
    target('AWS clients loaded by the import', bundle.loadsAwsClients ? 1 : 0, 'at most', 0, 'of 1'),
  ];
}
