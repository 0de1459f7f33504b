import { describe, expect, test } from 'vitest';
import { trafficProblems } from '../../infra/plan/check-traffic.ts';
import { databaseMs, databaseVcpus, forecast, functionOwnMs, largestBatch } from '../../infra/plan/forecast.ts';
import { costOf, MEASURED } from '../../infra/plan/measured.ts';
import { AWS_STAGES, type AwsSettings } from '../../infra/settings/settings.ts';
import { simulate } from '../support/plan/simulation.ts';
import { Random } from '../support/random.ts';

const PROD = AWS_STAGES.prod;
const EVENT_BYTES = 600;
const withUnits = (maxCapacity: number): AwsSettings => ({ ...PROD, database: { ...PROD.database, maxCapacity } });
const within = (part: number, value: number, expected: number) =>
  expect(Math.abs(value / expected - 1), `${value} for ${expected}`).toBeLessThan(part);

function simulated(settings: AwsSettings, eventsPerSecond: number) {
  const draws = new Random(eventsPerSecond);
  return simulate({
    pollers: forecast(settings, { eventsPerSecond, eventBytes: EVENT_BYTES }).pollers,
    windowSeconds: settings.ingest.windowSeconds,
    full: largestBatch(settings, EVENT_BYTES),
    eventsPerSecond,
    phases: (events) => [
      { station: 'own', seconds: functionOwnMs(settings, events) / 1_000 },
      { station: 'shared', seconds: databaseMs(settings, events) / 1_000 },
    ],
    servers: Math.max(1, Math.floor(databaseVcpus(settings))),
    seconds: eventsPerSecond < 10 ? 1_500 : 100,
    random: () => draws.next(),
  });
}

describe('the closed form agrees with the simulation within 10 %', { timeout: 30_000 }, () => {
  test.for([
    [1, PROD],
    [30, PROD],
    [1_000, PROD],
    [5_000, PROD],
    [30_000, PROD],
    [20_000, withUnits(1)],
    [40_000, withUnits(1)],
  ] as const)('at %s events a second', ([eventsPerSecond, settings]) => {
    const expected = forecast(settings, { eventsPerSecond, eventBytes: EVENT_BYTES });
    const observed = simulated(settings, eventsPerSecond);
    within(0.1, observed.batchesPerSecond, expected.batchesPerSecond);
    within(0.1, observed.eventsPerBatch, expected.eventsPerBatch);
    within(0.1, observed.functionsBusy, expected.functionsBusy);
    // Of a database with less than one vCPU the simulation has one that is as slow.
    within(0.1, observed.sharedBusy, expected.databaseBusy);
  });
});

const [ALONE, ...TOGETHER] = MEASURED.localRuns;

test.for(TOGETHER)('the simulation agrees with what $functions functions did at once, within 30 %', (run) => {
  const { functions, events, batchesPerSecond } = run;
  const { functionCpuMs, databaseCpuMs } = costOf(events);
  // From the run of one function between those of more, so that the disk was as busy.
  const waitMs = Math.max(0, 1_000 / (ALONE?.batchesPerSecond ?? 0) - functionCpuMs - databaseCpuMs);
  const draws = new Random(functions);
  const observed = simulate({
    pollers: functions,
    windowSeconds: 0,
    full: events,
    eventsPerSecond: Number.POSITIVE_INFINITY,
    // Function and database shared the processors of one machine.
    phases: () => [
      { station: 'shared', seconds: functionCpuMs / 1_000 },
      { station: 'shared', seconds: databaseCpuMs / 1_000 },
      { station: 'own', seconds: waitMs / 1_000 },
    ],
    servers: MEASURED.cores,
    seconds: 20,
    random: () => draws.next(),
  });
  within(0.3, observed.batchesPerSecond, batchesPerSecond);
});

test('a measured size costs what was measured, and one between two something between', () => {
  for (const cost of MEASURED.batches) expect(costOf(cost.events)).toEqual(cost);
  const [a, b] = [costOf(1_000), costOf(4_000)];
  expect(costOf(2_500).functionCpuMs).toBeCloseTo((a.functionCpuMs + b.functionCpuMs) / 2);
  expect(costOf(20_000).databaseCpuMs).toBeGreaterThan(costOf(10_000).databaseCpuMs);
});

test('a batch holds what the settings say, or what fits into an invocation', () => {
  expect(largestBatch({ ...PROD, ingest: { ...PROD.ingest, batchSize: 100 } }, EVENT_BYTES)).toBe(100);
  expect(largestBatch(PROD, EVENT_BYTES)).toBeLessThan(PROD.ingest.batchSize);
  expect(largestBatch(PROD, 1_048_576)).toBe(5);
});

describe('the expected traffic', () => {
  const traffic = (eventsPerSecond: number, peakEventsPerSecond: number): AwsSettings => ({
    ...PROD,
    traffic: { eventsPerSecond, peakEventsPerSecond, eventBytes: EVENT_BYTES },
  });

  test.for(Object.values(AWS_STAGES))('of stage $stage is carried by its settings', (settings) => {
    expect(trafficProblems(settings)).toEqual([]);
  });

  test.for([
    [
      'functions',
      { ...traffic(10, 60_000), ingest: { ...PROD.ingest, maxConcurrency: 2 } },
      /functions at once: .* raise ingest\.maxConc/,
    ],
    [
      'database',
      { ...traffic(10, 90_000), database: { ...PROD.database, maxCapacity: 1 } },
      /CPU of the database: .* database\.maxCap/,
    ],
    ['ledger', traffic(20_000, 20_000), /pruning of the ledger: .* maintenance\.everyHours/],
    [
      'queue',
      { ...traffic(10, 120_000), ingest: { ...PROD.ingest, memoryMb: 128, maxConcurrency: 100 } },
      /messages in flight: .*windowSeconds/,
    ],
  ] as const)('that is too much for the %s is a sentence that names the setting', ([, settings, problem]) => {
    const problems = trafficProblems(settings);
    expect(problems).toContainEqual(expect.stringMatching(problem));
    for (const sentence of problems) expect(sentence).toMatch(/^[^\n]*\.$/);
  });
});
