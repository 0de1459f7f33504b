import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DATABASE_FAULTS, until, untilWriting } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

/** Makes every row take its time, so that there is a middle of the statement to be hit. */
const slowRows = ({ postgres }: System, ms: number) =>
  postgres.query(`
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(${ms / 1_000}); return new; end $$;
    create trigger dawdle before insert on user_logins for each row execute function dawdle()`);
const wereRetried = ({ output }: System) => expect(output.counts().retried).toBeGreaterThan(0);

interface KilledInCopy {
  name: string;
  fault: 'killServer' | 'killBackend';
  /** After a COPY was seen, in milliseconds. */
  withinMs: number;
  downMs: number;
}

function killedInCopy({ name, fault, withinMs, downMs }: KilledInCopy): Scenario {
  return {
    name,
    messages: 400,
    system: { batchSize: 50 },
    async faults(system, random) {
      await slowRows(system, 4);
      for (let i = 0; i < 5; i++) {
        await untilWriting(system);
        await sleep(random.between(0, withinMs));
        await DATABASE_FAULTS[fault](system, downMs, random);
      }
    },
    felt: wereRetried,
  };
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the database is killed at random moments, and comes back',
    messages: 1_000,
    async faults(system, random) {
      for (let i = 0; i < 5; i++) {
        await sleep(random.between(0, 500));
        await DATABASE_FAULTS.killServer(system, random.between(0, 600), random);
      }
    },
    felt: wereRetried,
  },
  killedInCopy({
    name: 'the database is killed in the middle of a COPY, and comes back',
    fault: 'killServer',
    withinMs: 150,
    downMs: 100,
  }),
  killedInCopy({
    name: 'one process of the database is killed in the middle of a COPY, and the server recovers by itself',
    fault: 'killBackend',
    withinMs: 100,
    downMs: 300,
  }),
  {
    name: 'the database is killed between its commit and the answer',
    messages: 400,
    paceMs: 300,
    async faults(system, random) {
      for (let i = 1; i <= 3; i++) {
        system.database.loseNextCommitAnswer('swallow');
        await until(() => system.database.happened() === i, 'a commit');
        await DATABASE_FAULTS.killServer(system, 100, random);
      }
    },
    felt: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(0),
  },
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
