import { randomBytes } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import type { Contestant } from './contestant.ts';
import { createDatabases, type Databases } from './databases.ts';
import { awkwardRecords, freshRecords } from './events.ts';
import { createFloor } from './floor.ts';
import { createHandlerPath } from './handler-path.ts';
import type { ContestantId, Plan, SizePlan } from './plan.ts';
import { createRowByRow } from './row-by-row.ts';
import { shuffled } from './statistics.ts';
import type { Assignment, Round, SizeSamples, WritePathSamples } from './write-path.ts';

/**
 * The process in which all contestants run; `write-path.ts` starts it, and hears from it over the IPC channel. Its
 * stdout is the handler's log.
 */
process.once('message', async ({ serverUrl, plan }: Assignment) => {
  const samples = await runContestants(serverUrl, plan);
  process.send?.(samples, () => process.exit());
});

async function runContestants(serverUrl: string, plan: Plan): Promise<WritePathSamples> {
  const databases = await createDatabases(['row-by-row', 'floor', 'handler'], serverUrl, plan.ledgerEntries);
  const masterKey = randomBytes(32);
  const contestants = [
    await createRowByRow(databases.url('row-by-row')),
    await createFloor(databases.url('floor'), masterKey),
    createHandlerPath(databases.url('handler'), masterKey),
  ];
  const written = new Map<ContestantId, number>(contestants.map(({ id }) => [id, 0]));
  const write = async (contestant: Contestant, records: readonly SQSRecord[]) => {
    await contestant.write(records);
    written.set(contestant.id, (written.get(contestant.id) ?? 0) + records.length);
  };

  await proveAlike(contestants, write, databases);
  const sizes: SizeSamples[] = [];
  for (const size of plan.sizes) {
    process.stderr.write(`${size.events.toLocaleString('en')} events: ${size.rounds} rounds\n`);
    sizes.push(await measureSize(size, plan.checkpointEvery, { contestants, write, databases }));
    await databases.verify(written);
  }
  const { serverVersion } = databases;
  await databases.close();
  return { serverVersion, sizes };
}

type Write = (contestant: Contestant, records: readonly SQSRecord[]) => Promise<void>;

/** The floor is one only while it does the handler's work: given the same messages, both must hold the same rows. */
async function proveAlike(contestants: readonly Contestant[], write: Write, databases: Databases): Promise<void> {
  const records = [...awkwardRecords(), ...freshRecords(2_000)];
  for (const contestant of contestants.filter(({ id }) => id !== 'row-by-row')) await write(contestant, records);
  await databases.verifyAlike();
}

interface Ring {
  contestants: readonly Contestant[];
  write: Write;
  databases: Databases;
}

async function measureSize(size: SizePlan, checkpointEvery: number, ring: Ring): Promise<SizeSamples> {
  const rounds: Round[] = [];
  for (let i = -size.warmUps; i < size.rounds; i++) {
    if (i % checkpointEvery === 0) await ring.databases.checkpoint();
    const round: Round = {};
    for (const contestant of shuffled(ring.contestants)) {
      if (contestant.id === 'row-by-row' && (i % size.rowByRowEvery !== 0 || isLongWarmUp(i, size))) continue;
      const batches = Array.from({ length: size.batches }, () => freshRecords(size.events));
      await settle(contestant, ring.write);
      const startedAt = performance.now();
      for (const batch of batches) await ring.write(contestant, batch);
      round[contestant.id] = (performance.now() - startedAt) / size.batches;
    }
    if (i >= 0) rounds.push(round);
  }
  return { events: size.events, rounds };
}

/** As many as the smallest batch that is measured, which is the one it matters to. */
const SETTLING_EVENTS = 10;

/**
 * Garbage of others, and of making the records, is not to be cleared at this contestant's expense. The collection
 * leaves cold caches and busy helper threads behind: right after it even `select 1` takes 0.35 ms instead of 0.17, and
 * ten events twice their time. So one small batch goes ahead untimed, as earlier traffic would.
 */
async function settle(contestant: Contestant, write: Write): Promise<void> {
  globalThis.gc?.();
  await write(contestant, freshRecords(SETTLING_EVENTS));
}

/** Where it is spared rounds it is spared warming up: the smaller batches have done that. */
function isLongWarmUp(round: number, size: SizePlan): boolean {
  return round < 0 && size.rowByRowEvery > 1;
}
