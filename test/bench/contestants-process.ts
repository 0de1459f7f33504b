import { randomBytes } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import type { Contestant } from './contestant.ts';
import { createDatabases, type Databases } from './databases.ts';
import { awkwardRecords, freshRecords } from './events.ts';
import { createFloor } from './floor.ts';
import { createHandlerPath } from './handler-path.ts';
import type { ContestantId, Plan, SizePlan } from './plan.ts';
import { createReadyCopy } from './ready-copy.ts';
import { createRowByRow } from './row-by-row.ts';
import { shuffled } from './statistics.ts';
import type { Assignment, Round, SizeSamples, StorageSamples, Timing, WritePathSamples } from './write-path.ts';

/**
 * The process in which all contestants run; `write-path.ts` starts it, and hears from it over the IPC channel. Its
 * stdout and stderr are the handler's log.
 */
process.once('message', async ({ serverUrl, plan }: Assignment) => {
  const samples = await runContestants(serverUrl, plan);
  process.send?.(samples, () => process.exit());
});

async function runContestants(serverUrl: string, plan: Plan): Promise<WritePathSamples> {
  const ledgers = { ...LEDGERS, handler: plan.ledgerEntries, postgres: plan.ledgerEntries };
  const used = Object.entries(ledgers).filter(([id]) => plan.contestants.includes(id as ContestantId));
  const databases = await createDatabases(Object.fromEntries(used), serverUrl);
  const contestants = await createContestants(plan, databases);
  const written = new Map<ContestantId, number>(contestants.map(({ database }) => [database, 0]));
  const prepare = async ({ id, database, prepare }: Contestant, records: readonly SQSRecord[]) => {
    const stored = id === 'one-refused' ? records.length - 1 : records.length;
    written.set(database, (written.get(database) ?? 0) + stored);
    return prepare(records);
  };

  await proveAlike(contestants, prepare, databases);
  const sizes: SizeSamples[] = [];
  for (const size of plan.sizes) {
    process.send?.({ progress: `${size.events.toLocaleString('en')} events: ${size.rounds} rounds` });
    sizes.push(await measureSize(size, plan.checkpointEvery, { contestants, prepare, databases }));
    await databases.verify(written);
  }
  const handler = contestants.find(({ id }) => id === 'handler') as Contestant;
  const storage = await measureStorage((records) => prepare(handler, records), databases);
  const { serverVersion } = databases;
  await databases.close();
  return { serverVersion, sizes, storage };
}

/** Whose ledgers are empty at first. */
const LEDGERS: Readonly<Partial<Record<ContestantId, number>>> = { 'row-by-row': 0, floor: 0, 'empty-ledger': 0 };

async function createContestants({ contestants }: Plan, databases: Databases): Promise<Contestant[]> {
  const masterKey = randomBytes(32);
  const handler = createHandlerPath('handler', databases.url('handler'), masterKey);
  const all: Record<ContestantId, () => Contestant | Promise<Contestant>> = {
    'row-by-row': () => createRowByRow(databases.url('row-by-row')),
    floor: () => createFloor(databases.url('floor'), masterKey),
    handler: () => handler.clean,
    postgres: () => createReadyCopy(databases.url('postgres'), masterKey),
    'one-known': () => handler.oneKnown,
    'all-known': () => handler.allKnown,
    'one-refused': () => handler.oneRefused,
    'empty-ledger': () => createHandlerPath('empty-ledger', databases.url('empty-ledger'), masterKey).clean,
  };
  return Promise.all(contestants.map((id) => all[id]()));
}

type Prepare = (contestant: Contestant, records: readonly SQSRecord[]) => Promise<() => Promise<void>>;

/** Figures can be compared only while all do the same work: given the same messages, they must hold the same rows. */
async function proveAlike(contestants: readonly Contestant[], prepare: Prepare, databases: Databases): Promise<void> {
  const records = [...awkwardRecords(), ...freshRecords(2_000)];
  const alike = contestants.filter(({ id, database }) => id === database && id !== 'row-by-row');
  for (const contestant of alike) await (await prepare(contestant, records))();
  await databases.verifyAlike(alike.map(({ id }) => id));
}

interface Ring {
  contestants: readonly Contestant[];
  prepare: Prepare;
  databases: Databases;
}

async function measureSize(size: SizePlan, checkpointEvery: number, ring: Ring): Promise<SizeSamples> {
  const rounds: Round[] = [];
  for (let i = -size.warmUps; i < size.rounds; i++) {
    if (i % checkpointEvery === 0) await ring.databases.checkpoint();
    const round: Round = {};
    for (const contestant of shuffled(ring.contestants.filter((one) => takesPart(one, i, size)))) {
      round[contestant.id] = await measureOnce(contestant, size, ring.prepare);
    }
    if (i >= 0) rounds.push(round);
  }
  return { events: size.events, rounds };
}

async function measureOnce(contestant: Contestant, size: SizePlan, prepare: Prepare): Promise<Timing> {
  const runs: (() => Promise<void>)[] = [];
  for (let i = 0; i < size.batches; i++) runs.push(await prepare(contestant, freshRecords(size.events)));
  await settle(contestant, prepare);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (const run of runs) await run();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms: ms / size.batches, cpuMs: (user + system) / 1_000 / size.batches };
}

/** As many as the smallest batch that is measured, which is the one it matters to. */
const SETTLING_EVENTS = 10;

/**
 * What was made last, the records above all, is not to be cleared away at this contestant's expense. Only the young
 * generation is collected: a full collection forgets the shapes of objects that are all gone, and throws away the code
 * that was compiled for them, so that the next batch would time the compiler (half of the client's CPU, at 1,000
 * events). Caches are cold right afterwards, and even `select 1` takes 0.35 ms instead of 0.17, so one small batch goes
 * ahead untimed, as earlier traffic would.
 */
async function settle(contestant: Contestant, prepare: Prepare): Promise<void> {
  const run = await prepare(contestant, freshRecords(SETTLING_EVENTS));
  globalThis.gc?.({ type: 'minor' });
  await run();
}

function takesPart({ id, database }: Contestant, round: number, size: SizePlan): boolean {
  if (id !== database) return size.withAmiss;
  if (id !== 'row-by-row') return true;
  // Where it is spared rounds it is spared warming up: the smaller batches have done that.
  return round % size.rowByRowEvery === 0 && (round >= 0 || size.rowByRowEvery === 1);
}

const STORAGE_EVENTS = 10_000;

/** Without a checkpoint before it, after which each page is logged whole once. */
async function measureStorage(
  prepare: (records: readonly SQSRecord[]) => Promise<() => Promise<void>>,
  databases: Databases,
): Promise<StorageSamples> {
  const run = await prepare(freshRecords(STORAGE_EVENTS));
  const walBytes = await databases.walBytes(run);
  return { walBytesPerEvent: walBytes / STORAGE_EVENTS, ...(await databases.sizes()) };
}
