import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { OTHER_FAULTS, until, untilReported, untilWriting } from './support/faults.ts';
import { runScenario, type Scenario } from './support/scenario.ts';
import type { System } from './support/system.ts';

const wereKnown = ({ output }: System) => expect(output.counts().duplicate).toBeGreaterThan(0);
const hasHappened = ({ database }: System) => expect(database.happened()).toBeGreaterThan(0);

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the connection to the database is cut again and again',
    messages: 1_000,
    async faults({ database }, random) {
      for (let i = 0; i < 20; i++) {
        await sleep(random.int(0, 150));
        database.cut();
      }
    },
    proveEffect: hasHappened,
  },
  {
    name: 'the connection to the database is cut in the middle of the data of a COPY',
    messages: 600,
    paceMs: 150,
    async faults({ database }, random) {
      for (let i = 1; i <= 6; i++) {
        database.cutNextCopyAfter(random.int(0, 3_000));
        await until(() => database.happened() === i, 'a COPY');
      }
    },
  },
  {
    name: 'the answer to a commit is lost with its connection',
    messages: 600,
    paceMs: 150,
    async faults({ database }) {
      for (let i = 1; i <= 6; i++) {
        database.loseNextCommitAnswer('cut');
        await until(() => database.happened() === i, 'a commit');
      }
    },
    proveEffect: wereKnown,
  },
  {
    name: 'the answer to a commit never comes, on a connection that looks alive',
    messages: 200,
    async faults({ database }) {
      database.loseNextCommitAnswer('swallow');
      await until(() => database.happened() === 1, 'a commit');
    },
    proveEffect: wereKnown,
  },
  {
    name: 'the network swallows everything in the middle of a statement, for a while',
    messages: 300,
    async faults(system, random) {
      await untilWriting(system).catch(() => {});
      await OTHER_FAULTS.swallow(system, () => untilReported(system, /^database/), random);
    },
  },
  {
    name: 'the network is slow',
    messages: 300,
    async faults(system, random) {
      for (let i = 0; i < 4; i++) await OTHER_FAULTS.delay(system, 700, random);
    },
    proveEffect: hasHappened,
  },
  {
    name: 'nobody answers at the address of the database',
    messages: 300,
    async faults(system, random) {
      for (let i = 0; i < 3; i++) {
        await OTHER_FAULTS.refuse(system, () => untilReported(system, /^database/), random);
        await sleep(300);
      }
    },
  },
];

for (const scenario of SCENARIOS) test(scenario.name, (context) => runScenario(scenario, context));
