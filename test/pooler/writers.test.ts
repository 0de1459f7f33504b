import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { END_CONNECTIONS } from '../faults/support/faults.ts';
import { runScenario, type Scenario } from '../faults/support/scenario.ts';
import type { System } from '../faults/support/system.ts';
import type { Random } from '../support/random.ts';
import { VAULT_ENV, vaultFlaws } from '../support/vault.ts';
import { type PoolMode, startPgBouncer } from './support/pgbouncer.ts';

const WRITERS = 4;
const POOL_SIZE = 3;

/** Of the pool, at this moment. */
const SERVER_CONNECTIONS = "select count(*)::int from pg_stat_activity where usename = 'login_writer'";

async function killAll({ functions, postgres, database }: System, random: Random): Promise<void> {
  for (let i = 0; i < 4; i++) {
    random.pick(functions).kill();
    await sleep(random.int(100, 400));
    random.pick(functions).dieBeforeNextAnswer();
    await sleep(random.int(100, 400));
    await postgres.query(END_CONNECTIONS);
    await sleep(random.int(100, 400));
    database.cut();
    const [pool] = await postgres.query<{ count: number }>(SERVER_CONNECTIONS);
    expect(pool?.count).toBeLessThanOrEqual(POOL_SIZE);
  }
}

function scenarioIn(mode: PoolMode): Scenario {
  return {
    name: `${mode} mode: four writers on a pool of three, redeliveries, poison, kills`,
    messages: 1_000,
    poison: 0.1,
    system: {
      workers: WRITERS,
      redeliver: 0.05,
      maxReceiveCount: 20,
      env: VAULT_ENV,
      // In session mode the fourth writer has no server connection until another one dies.
      functionTimeoutMs: 14_500,
      pooler: (url) => startPgBouncer(url, { mode, poolSize: POOL_SIZE }),
    },
    isSealed: ({ postgres }) => vaultFlaws(postgres),
    faults: killAll,
    proveEffect({ output, functions }) {
      expect(functions.reduce((deaths, lambda) => deaths + lambda.deaths(), 0)).toBeGreaterThan(0);
      const { stored, duplicate, rejected } = output.counts();
      expect([stored, duplicate, rejected].every((count) => count > 0)).toBe(true);
      expect(Object.keys(output.reasons()).filter((reason) => /unclassified|database (26|42|0A)/.test(reason))).toEqual(
        [],
      );
    },
  };
}

for (const mode of ['session', 'transaction'] as const) {
  const scenario = scenarioIn(mode);
  test.concurrent(scenario.name, (context) => runScenario(scenario, context));
}
