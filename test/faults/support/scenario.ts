import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, type TestContext } from 'vitest';
import type { Masker } from '../../../lambda/masking/masker.ts';
import { anySeed, Random } from '../../support/random.ts';
import { checkHistory, type History } from './check-history.ts';
import { until } from './faults.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';
import { createWorkload } from './workload.ts';

declare module 'vitest' {
  interface ProvidedContext {
    faultsTemplate: string;
  }
  interface TaskMeta {
    faults?: Result;
  }
}

/** A line of the table at the end. */
export interface Result {
  runs: number;
  messages: number;
  lost: number;
  doubled: number;
}

export interface Scenario {
  /** A sentence: what happens, and what the messages do. */
  name: string;
  messages: number;
  /** Share of the messages that can never become a row; unless it is given a few are, so that both kinds are there. */
  poison?: number;
  /** Share of those that only the database refuses; unless it is given some are. */
  refused?: number;
  /** What the rows are masked with in the end, where it is not the usual key. */
  masker?: Masker;
  system?: Partial<SystemOptions>;
  /** How many portions the messages come in, and how far apart: so that they go on arriving while it happens. */
  portions?: number;
  paceMs?: number;
  /** Whether more of them come, beyond the number, for as long as it happens: it needs some to be felt. Usually so. */
  keepComing?: boolean;
  /** Whether it happens before the functions are at work. */
  fromTheStart?: boolean;
  /** Where values are sealed as well: what is wrong with those in the end. */
  isSealed?(system: System): Promise<string[]>;
  /** What happens. When it returns everything must be well again. */
  faults?(system: System, random: Random): Promise<void>;
  /** Proves that what was to happen has happened, and was felt. */
  proveEffect?(system: System): unknown;
}

const DRAIN_MS = 60_000;

/** Runs a scenario on a system of its own, and holds what is left of it against the promises. */
export async function runScenario(
  scenario: Scenario,
  { task }: Pick<TestContext, 'task'>,
  seed = Number(process.env.FAULTS_SEED || anySeed()),
): Promise<void> {
  note(task, await runOnce(scenario, seed));
}

async function runOnce(scenario: Scenario, seed: number): Promise<History> {
  const { messages, poison = 0.05, refused, masker } = scenario;
  const workload = createWorkload({ seed, messages, poison, refused, masker });
  const system = await startSystem({ template: inject('faultsTemplate'), workload, seed, ...scenario.system });
  try {
    let isOver = false;
    const happening = happen(system, scenario, seed).finally(() => {
      isOver = true;
    });
    await Promise.all([feed(system, scenario, () => isOver), happening]);
    await system.drained(DRAIN_MS);
    const history = await system.history();
    expect(checkHistory(history)).toEqual([]);
    if (scenario.isSealed) expect(await scenario.isSealed(system)).toEqual([]);
    await scenario.proveEffect?.(system);
    return history;
  } catch (error) {
    console.error(`FAULTS_SEED=${seed} gives the same messages and faults. The function's last lines:`);
    console.error(system.output.lastLines().join('\n'));
    throw error;
  } finally {
    await system.stop();
  }
}

async function happen(system: System, { faults, fromTheStart }: Scenario, seed: number): Promise<void> {
  if (!faults) return;
  if (!fromTheStart) await until(() => system.output.counts().received > 0, 'a first batch');
  await faults(system, new Random(seed));
}

async function feed(system: System, scenario: Scenario, isOver: () => boolean): Promise<void> {
  const { messages, portions = 20, paceMs = 100, keepComing = true } = scenario;
  const size = Math.ceil(messages / portions);
  for (let from = 0; from < messages || (keepComing && !isOver()); from += size) {
    await system.send(from, keepComing ? from + size : Math.min(messages, from + size));
    await sleep(paceMs);
  }
}

/** Adds a run to the table. */
function note(task: TestContext['task'], { workload, rows }: Pick<History, 'workload' | 'rows'>): void {
  const sum = task.meta.faults ?? { runs: 0, messages: 0, lost: 0, doubled: 0 };
  const valid = Array.from(rows).filter((_, i) => workload.isValid(i));
  task.meta.faults = {
    runs: sum.runs + 1,
    messages: sum.messages + workload.messages,
    lost: sum.lost + valid.filter((count) => count === 0).length,
    doubled: sum.doubled + valid.filter((count) => count > 1).length,
  };
}
