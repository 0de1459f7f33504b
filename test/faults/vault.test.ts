import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { VAULT_ENV, vaultFlaws } from '../support/vault.ts';
import { DATABASE_FAULTS, eraseSomebody } from './support/faults.ts';
import { runScenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

const deaths = ({ functions }: System) => functions.reduce((sum, lambda) => sum + lambda.deaths(), 0);

test('eight writers seal while they and the database are killed, and somebody is erased', (context) =>
  runScenario(
    {
      name: 'eight writers seal while they and the database are killed, and somebody is erased',
      messages: 1_200,
      poison: 0.02,
      system: {
        env: VAULT_ENV,
        workers: 8,
        batchSize: 60,
        redeliver: 0.1,
        maxReceiveCount: 30,
        visibilityTimeoutSeconds: 2,
      },
      async faults(system, random) {
        for (let i = 0; i < 10; i++) {
          await sleep(random.int(0, 400));
          random.pick(system.functions).kill();
          random.pick(system.functions).dieBeforeNextAnswer();
          if (i % 3 === 0) await eraseSomebody(system);
          if (i === 5) await DATABASE_FAULTS.killServer(system, 200, random);
        }
      },
      isSealed: ({ postgres }) => vaultFlaws(postgres),
      async proveEffect(system) {
        expect(deaths(system)).toBeGreaterThan(0);
        expect(system.output.counts().duplicate).toBeGreaterThan(0);
        // An erasure that came before the first row has found nobody.
        expect(await system.postgres.query('select from mask_state where generation > 1')).toHaveLength(1);
      },
    },
    context,
  ));
