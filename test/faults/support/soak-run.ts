import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { queueDepth } from '../../../localstack/embedded/sqs/queues.ts';
import { showProgress } from '../../../tools/cli/progress.ts';
import { Random } from '../../support/random.ts';
import { checkHistory, type Violation } from './check-history.ts';
import { DATABASE_FAULTS, type Fault, OTHER_FAULTS } from './faults.ts';
import type { Counts } from './output.ts';
import { type System, startSystem } from './system.ts';
import { createWorkload } from './workload.ts';

export interface SoakResult {
  events: number;
  seed: number;
  seconds: number;
  faults: Record<string, number>;
  counts: Readonly<Counts>;
  /**
   * Megabytes after a tenth of the run, in the middle and at the end: of this process, which is also the queue, and of
   * the largest function.
   */
  memory: Record<'start' | 'middle' | 'end', { harness: number; function: number }>;
  violations: Violation[];
}

/** Faults never cease here, so a message needs more receives than for one outage. */
const SYSTEM = { workers: 3, batchSize: 1_000, visibilityTimeoutSeconds: 10, maxReceiveCount: 30, redeliver: 0.01 };
const POISON = 0.001;
/** Enough that the functions never wait, little enough that the queue does not grow with the run. */
const MAX_WAITING = 20_000;
const LONGEST_PAUSE_MS = 8_000;
const LONGEST_FAULT_MS = 1_500;
const DRAIN_MS = 180_000;

/** Sends so many events through a system in which something always fails, and checks what is left. */
export async function runSoak(template: string, events: number, seed: number): Promise<SoakResult> {
  const workload = createWorkload({ seed, messages: events, poison: POISON });
  const system = await startSystem({ template, workload, seed, ...SYSTEM });
  const over = new AbortController();
  const faults: Record<string, number> = {};
  const startedAt = performance.now();
  try {
    const shaken = shake(system, new Random(seed), over.signal, faults);
    // A fault that cannot be made or mended is told when the run is over; until then nobody waits for it.
    shaken.catch(() => {});
    const memory = await sendAll(system);
    over.abort();
    await shaken;
    await system.drained(DRAIN_MS);
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const history = await system.history();
    const end = memoryOf(system);
    return {
      events,
      seed,
      seconds,
      faults,
      counts: history.counts,
      memory: { ...memory, end },
      violations: checkHistory(history),
    };
  } finally {
    over.abort();
    await system.stop();
  }
}

/** Two things at a time: the database, and everything else. */
async function shake(system: System, random: Random, over: AbortSignal, done: Record<string, number>): Promise<void> {
  const lane = async (faults: Readonly<Record<string, Fault>>) => {
    while (!over.aborted) {
      await sleep(random.int(0, LONGEST_PAUSE_MS), undefined, { signal: over }).catch(() => {});
      if (over.aborted) return;
      const name = random.pick(Object.keys(faults));
      await faults[name]?.(system, random.int(0, LONGEST_FAULT_MS), random);
      done[name] = (done[name] ?? 0) + 1;
    }
  };
  await Promise.all([lane(DATABASE_FAULTS), lane(OTHER_FAULTS)]);
}

async function sendAll(system: System): Promise<Pick<SoakResult['memory'], 'start' | 'middle'>> {
  const { messages } = system.workload;
  const half = messages >> 1;
  let waiting = 0;
  let sent = 0;
  const timer = setInterval(async () => {
    const depth = await queueDepth(system.sqs, system.queueUrl).catch(() => null);
    if (depth) waiting = depth.visible + depth.inFlight;
  }, 100);
  const whenReady = async () => {
    while (waiting > MAX_WAITING) await sleep(20);
    sent = Math.min(messages, sent + 10);
  };
  const progress = showProgress(() => Math.max(0, sent - waiting), messages);
  try {
    // Not before every part has grown to the size that full batches and some faults give it.
    const warmUp = Math.ceil(messages / 10);
    await system.send(0, warmUp, whenReady);
    const start = memoryOf(system);
    await system.send(warmUp, half, whenReady);
    const middle = memoryOf(system);
    await system.send(half, messages, whenReady);
    return { start, middle };
  } finally {
    clearInterval(timer);
    progress.end();
  }
}

function memoryOf({ functions }: System): { harness: number; function: number } {
  const megabytes = (bytes: number) => Math.round(bytes / 1024 ** 2);
  const pids = functions.flatMap((lambda) => lambda.pid() ?? []);
  const sizes = pids.map((pid) => residentBytes(pid));
  return { harness: megabytes(process.memoryUsage.rss()), function: megabytes(Math.max(0, ...sizes)) };
}

function residentBytes(pid: number): number {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'utf8' })) * 1024;
  } catch {
    return 0; // It was killed a moment ago.
  }
}
