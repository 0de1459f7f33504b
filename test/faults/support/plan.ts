import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.ts';
import { DATABASE_FAULTS, type DatabaseFault, type Fault, OTHER_FAULTS, type OtherFault } from './faults.ts';
import type { System, SystemOptions } from './system.ts';

export interface Step<Name> {
  name: Name;
  /** Before it, and of it. */
  pauseMs: number;
  forMs: number;
}

/** A whole run, drawn from its seed alone, so that it can be printed, and had again. */
export interface Plan {
  seed: number;
  messages: number;
  poison: number;
  hasVault: boolean;
  system: Pick<SystemOptions, 'workers' | 'batchSize' | 'visibilityTimeoutSeconds' | 'maxReceiveCount'> & {
    redeliver: number;
  };
  /** One after the other; beside them the faults of everything else. */
  database: Step<DatabaseFault>[];
  others: Step<OtherFault>[];
}

/** More than that would use up the receives of a message: outages are only promised to be survived up to a limit. */
const FAULTS_MS = 9_000;

const RECEIVES = 20;
/** Poison takes all its receives, and one by one that is an invocation each: more would take minutes. */
const MOST_MESSAGES = 1_500;
const MOST_ONE_BY_ONE = 200;

export function drawPlan(seed: number): Plan {
  const random = new Random(seed);
  const batchSize = random.pick([1, 10, 100, 1_000]);
  return {
    seed,
    messages: random.int(100, batchSize === 1 ? MOST_ONE_BY_ONE : MOST_MESSAGES),
    poison: random.pick([0, 0.01, 0.1, 0.5]),
    hasVault: random.chance(0.7),
    system: {
      workers: random.int(1, 4),
      batchSize,
      visibilityTimeoutSeconds: random.int(2, 6),
      maxReceiveCount: RECEIVES,
      redeliver: random.pick([0, 0.02, 0.1]),
    },
    database: drawSteps(random, Object.keys(DATABASE_FAULTS) as DatabaseFault[]),
    others: drawSteps(random, Object.keys(OTHER_FAULTS) as OtherFault[]),
  };
}

function drawSteps<Name>(random: Random, names: readonly Name[]): Step<Name>[] {
  const steps: Step<Name>[] = [];
  for (let ms = 0; ms < FAULTS_MS; ) {
    const step = { name: random.pick(names), pauseMs: random.int(0, 1_500), forMs: random.int(0, 1_500) };
    steps.push(step);
    ms += step.pauseMs + step.forMs;
  }
  return steps;
}

/** Goes through both lists, side by side; then all is well again. */
export async function runFaults(system: System, plan: Plan): Promise<void> {
  const random = new Random(plan.seed);
  const run = async <Name extends string>(steps: readonly Step<Name>[], faults: Record<Name, Fault>) => {
    for (const { name, pauseMs, forMs } of steps) {
      await sleep(pauseMs);
      await faults[name](system, forMs, random);
    }
  };
  await Promise.all([run(plan.database, DATABASE_FAULTS), run(plan.others, OTHER_FAULTS)]);
}
