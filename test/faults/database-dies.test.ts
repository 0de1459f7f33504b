import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DATABASE_FAULTS, until, untilWriting, type Write } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

/** Makes every row take its time, so that there is a middle of the statement to be hit. */
const slowRows = ({ postgres }: System, ms: number) =>
  postgres.query(`
    create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(${ms / 1_000}); return new; end $$;
    create trigger dawdle before insert on user_logins for each row execute function dawdle()`);
const wereRetried = ({ output }: System) => expect(output.counts().retried).toBeGreaterThan(0);

interface KilledInWrite {
  name: string;
  write: Write;
  fault: 'killServer' | 'killBackend';
  /** After the write was seen, in milliseconds. */
  withinMs: number;
  downMs: number;
  system?: Scenario['system'];
}

function killedInWrite({ name, write, fault, withinMs, downMs, system }: KilledInWrite): Scenario {
  return {
    name,
    messages: 400,
    system: { batchSize: 50, ...system },
    async faults(parts, random) {
      await slowRows(parts, 4);
      for (let i = 0; i < 5; i++) {
        await untilWriting(parts, write);
        await sleep(random.int(0, withinMs));
        await DATABASE_FAULTS[fault](parts, downMs, random);
      }
    },
    proveEffect: wereRetried,
  };
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the database is killed at random moments, and comes back',
    messages: 1_000,
    async faults(system, random) {
      for (let i = 0; i < 5; i++) {
        await sleep(random.int(0, 500));
        await DATABASE_FAULTS.killServer(system, random.int(0, 600), random);
      }
    },
    proveEffect: wereRetried,
  },
  killedInWrite({
    name: 'the database is killed in the middle of a COPY, and comes back',
    write: 'copy',
    fault: 'killServer',
    withinMs: 150,
    downMs: 100,
  }),
  killedInWrite({
    name: 'one process of the database is killed in the middle of a COPY, and the server recovers by itself',
    write: 'copy',
    fault: 'killBackend',
    withinMs: 100,
    downMs: 300,
  }),
  killedInWrite({
    name: 'the database is killed in the middle of the statement for batches with known messages, and comes back',
    write: 'unnest',
    fault: 'killServer',
    withinMs: 100,
    downMs: 100,
    system: { redeliver: 0.3 },
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
    proveEffect: ({ output }) => expect(output.counts().duplicate).toBeGreaterThan(0),
  },
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
