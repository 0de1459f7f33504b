import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AWS_STAGES } from '../../infra/settings/settings.ts';
import { alarmsOf, EXTRA_PERIODS } from '../support/alarms/cloudwatch.ts';
import { FAILURES, type TrafficName } from '../support/alarms/failures.ts';
import { EVERYDAY, runEveryday } from '../support/alarms/quiet.ts';
import { runFailure } from '../support/alarms/simulate.ts';
import { alarmTable } from '../support/alarms/table.ts';
import { awsTemplates } from '../support/stacks.ts';

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed);
/** So that whoever is woken has the time to do something before a good message dies. */
const NOTICE_MINUTES = 40;

const ALARMS = {
  prod: alarmsOf('prod', awsTemplates(AWS_STAGES.prod).stateless),
  dev: alarmsOf('dev', awsTemplates(AWS_STAGES.dev).stateless),
};
const ROWS = FAILURES.flatMap((failure) => {
  const traffics: TrafficName[] = failure.only ? [failure.only] : failure.beside ? ['dense'] : ['dense', 'sparse'];
  return traffics.map((traffic) => ({
    failure,
    traffic,
    runs: SEEDS.map((seed) => runFailure(AWS_STAGES.prod, ALARMS.prod, failure, traffic, seed)),
  }));
});

describe.for(ROWS)('$failure.name, $traffic traffic', ({ failure, runs }) => {
  test(`rings ${failure.alarm} within ${failure.within} minutes`, () => {
    for (const { rangAfter } of runs) {
      expect(rangAfter[failure.alarm]).toBeGreaterThan(0);
      expect(rangAfter[failure.alarm]).toBeLessThanOrEqual(failure.within);
    }
  });

  test('and goes on while it lasts', () => {
    for (const { silentFor } of runs) expect(silentFor[failure.alarm]).toBeLessThanOrEqual(failure.silentFor ?? 0);
  });

  test.runIf(failure.hurtsGoodMessages)(`and not less than ${NOTICE_MINUTES} minutes before a message dies`, () => {
    for (const { rangAfter, diedAfter } of runs) {
      expect(diedAfter).toBeGreaterThan((rangAfter[failure.alarm] as number) + NOTICE_MINUTES);
    }
  });
});

test.for(EVERYDAY)('$name: nothing rings', (everyday) => {
  const { stage } = everyday;
  for (const seed of SEEDS.slice(0, 6)) {
    for (const extraPeriods of EXTRA_PERIODS) {
      expect(runEveryday(AWS_STAGES[stage], ALARMS[stage], everyday, seed, extraPeriods)).toEqual([]);
    }
  }
});

test('every alarm is the first to tell of some failure', () => {
  expect([...new Set(FAILURES.map(({ alarm }) => alarm))].sort()).toEqual(ALARMS.prod.map(({ name }) => name).sort());
});

test('the documentation has what the simulation says', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'infra', 'README.md'), 'utf8');
  const rows = ROWS.map(({ failure, traffic, runs }) => ({
    failure: failure.name,
    traffic: failure.beside ? 'any' : traffic,
    runs,
  }));
  expect(readme).toContain(`\n${alarmTable(rows)}\n`);
});
