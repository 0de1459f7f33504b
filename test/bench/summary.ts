import type { BundleResult } from './bundle.ts';
import type { ContestantId } from './plan.ts';
import { type Spread, spread } from './statistics.ts';
import type { Round, SizeSamples } from './write-path.ts';

export interface SizeSummary {
  events: number;
  /** Of those that ran. */
  contestants: Partial<Record<ContestantId, ContestantSummary>>;
}

export interface ContestantSummary {
  ms: Spread;
  eventsPerSecond: number;
  /** Of this process: the server's is not in it. */
  cpuMicrosPerEvent: number;
  /** How many times the time of the other it takes, for each that ran. */
  ratioTo: Partial<Record<ContestantId, Spread>>;
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
  const ids = [...new Set(rounds.flatMap((round) => Object.keys(round) as ContestantId[]))];
  const contestant = (id: ContestantId): ContestantSummary => {
    const timings = rounds.flatMap((round) => round[id] ?? []);
    const ms = spread(timings.map((timing) => timing.ms));
    return {
      ms,
      eventsPerSecond: events / (ms.median / 1_000),
      cpuMicrosPerEvent: (spread(timings.map(({ cpuMs }) => cpuMs)).median / events) * 1_000,
      ratioTo: Object.fromEntries(ids.map((other) => [other, ratio(rounds, id, other)])),
    };
  };
  return { events, contestants: Object.fromEntries(ids.map((id) => [id, contestant(id)])) };
}

function ratio(rounds: readonly Round[], one: ContestantId, other: ContestantId): Spread {
  return spread(
    rounds.flatMap((round) => {
      const [above, below] = [round[one], round[other]];
      return above === undefined || below === undefined ? [] : above.ms / below.ms;
    }),
  );
}

/** What the project sets itself; a machine can be too noisy for it, so missing one fails nothing. */
export function targets(sizes: readonly SizeSummary[], bundle: BundleResult): Target[] {
  const of = (events: number, id: ContestantId) =>
    sizes.find((size) => size.events === events)?.contestants[id] as ContestantSummary;
  const ratioOf = (events: number, id: ContestantId, other: ContestantId) =>
    of(events, id).ratioTo[other]?.median ?? Number.NaN;
  const target = (name: string, value: number, bound: Target['bound'], limit: number, unit: string): Target => {
    const reached = bound === 'at most' ? value <= limit : value >= limit;
    return { name, unit, bound, limit, value, reached };
  };
  const overPostgres = (events: number, limit: number) =>
    target(
      `c over d: handler over Postgres alone, ${events.toLocaleString('en')} events`,
      ratioOf(events, 'handler', 'postgres'),
      'at most',
      limit,
      'times',
    );
  const overClean = (id: ContestantId, what: string) =>
    target(`10,000 events, ${what}, over a clean batch`, ratioOf(10_000, id, 'handler'), 'at most', 2.5, 'times');
  return [
    overPostgres(10_000, 1.8),
    overPostgres(1_000, 1.8),
    overPostgres(100, 1.5),
    overPostgres(10, 1.5),
    target("handler's CPU per event, 10,000 events", of(10_000, 'handler').cpuMicrosPerEvent, 'at most', 6, 'us'),
    overClean('one-known', 'one known'),
    overClean('all-known', 'all known'),
    overClean('one-refused', 'one refused'),
    target(
      'handler faster than row by row, 10,000 events',
      ratioOf(10_000, 'row-by-row', 'handler'),
      'at least',
      20,
      'times',
    ),
    target('import of the bundled handler over an empty one', bundle.handler.overEmptyMs, 'at most', 18, 'ms'),
    target('bundle without the AWS clients', bundle.handler.bytes / 1_000, 'at most', 145, 'kB'),
    target('AWS clients loaded by the import', bundle.loadsAwsClients ? 1 : 0, 'at most', 0, 'of 1'),
  ];
}

/** @param ledgerEntries of the full one */
export function ledgerTargets(sizes: readonly SizeSummary[], ledgerEntries: number): Target[] {
  return sizes.map(({ events, contestants }) => {
    const value = contestants.handler?.ratioTo['empty-ledger']?.median ?? Number.NaN;
    const [batch, ledger] = [events, ledgerEntries].map((count) => count.toLocaleString('en'));
    const name = `${batch} events, a ledger of ${ledger} over an empty one`;
    return { name, unit: 'times', bound: 'at most', limit: 1.1, value, reached: value <= 1.1 };
  });
}
