import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

/** A killed function takes its messages along until their visibility ends, so each death costs them a receive. */
const PATIENT = { maxReceiveCount: 20, visibilityTimeoutSeconds: 2, workers: 3 };
const deaths = ({ functions }: System) => functions.reduce((sum, lambda) => sum + lambda.deaths(), 0);

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the function is killed at random moments',
    messages: 1_000,
    system: PATIENT,
    async faults({ functions }, random) {
      for (let i = 0; i < 12; i++) {
        await sleep(random.int(0, 500));
        random.pick(functions).kill();
      }
    },
    proveEffect: (system) => expect(deaths(system)).toBeGreaterThan(0),
  },
  {
    name: 'the function is killed between its commit and its response',
    messages: 600,
    system: PATIENT,
    paceMs: 200,
    async faults(system) {
      for (let i = 1; i <= 6; i++) {
        system.functions[i % 3]?.dieBeforeNextAnswer();
        await until(() => deaths(system) >= i, 'a death');
      }
    },
    proveEffect: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(0),
  },
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
