import { expect, test } from 'vitest';
import { anySeed } from '../support/random.ts';
import { VAULT_ENV, vaultFlaws } from '../support/vault.ts';
import { drawPlan, runFaults } from './support/plan.ts';
import { runScenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

const RUNS = Number(process.env.FAULTS_RUNS || 3);
const FIRST_SEED = Number(process.env.FAULTS_SEED || anySeed());

test('the same seed draws the same plan, and another seed another plan', () => {
  expect(drawPlan(FIRST_SEED)).toEqual(drawPlan(FIRST_SEED));
  expect(drawPlan(FIRST_SEED)).not.toEqual(drawPlan(FIRST_SEED + 1));
});

test('faults drawn at random, in any number and order', { timeout: RUNS * 120_000 }, async (context) => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const plan = drawPlan(seed);
    const scenario = {
      ...plan,
      ...(plan.hasVault && {
        system: { ...plan.system, env: VAULT_ENV },
        isSealed: ({ postgres }: System) => vaultFlaws(postgres),
      }),
      name: context.task.name,
      paceMs: 450,
      keepComing: false,
      faults: (system: Parameters<typeof runFaults>[0]) => runFaults(system, plan),
    };
    await runScenario(scenario, context, seed).catch((error) => {
      console.error(`Drawn by FAULTS_SEED=${seed} FAULTS_RUNS=1: ${JSON.stringify(plan, null, 2)}`);
      throw error;
    });
  }
});
