import type { AwsSettings } from '../settings/settings.ts';
import { COMMIT_MS, ESCAPED, FIRST_POLLERS, MB_PER_VCPU, PAYLOAD_BYTES, RECORD_BYTES, VCPUS_PER_UNIT } from './aws.ts';
import { costOf } from './measured.ts';

export interface Load {
  eventsPerSecond: number;
  /** Bytes of a message's body. */
  eventBytes: number;
}

/** What one queue, its functions and one database need under a steady load. */
export interface Forecast {
  /** Batches that the event source collects or has handed over at once. */
  pollers: number;
  batchesPerSecond: number;
  eventsPerBatch: number;
  /** Time from the invocation to the commit. */
  functionMs: number;
  /** On average; each has one connection. */
  functionsBusy: number;
  /** Share of the database's vCPUs at its maximum capacity; 1 is all of them. */
  databaseBusy: number;
  /** Received and not yet deleted. */
  inFlight: number;
  walBytesPerSecond: number;
}

/** How many events a batch can hold: what the settings say, or what fits into an invocation. */
export function largestBatch({ ingest }: AwsSettings, eventBytes: number): number {
  return Math.max(1, Math.min(ingest.batchSize, Math.floor(PAYLOAD_BYTES / (eventBytes * ESCAPED + RECORD_BYTES))));
}

/** The virtual CPUs that the database has at its maximum capacity. */
export function databaseVcpus({ database }: AwsSettings): number {
  return database.maxCapacity * VCPUS_PER_UNIT;
}

/** Milliseconds that a function takes for a batch, where the database takes `contended` times as long as alone. */
export function batchMs(settings: AwsSettings, events: number, contended = 1): number {
  return functionOwnMs(settings, events) + databaseMs(settings, events) * contended;
}

/** CPU of the function, of which it has a share that comes with its memory, and waiting for the network. */
export function functionOwnMs({ ingest }: AwsSettings, events: number): number {
  return costOf(events).functionCpuMs / Math.min(1, ingest.memoryMb / MB_PER_VCPU) + COMMIT_MS;
}

/** One batch is worked on by one process, so that more than one vCPU does not make it faster. */
export function databaseMs(settings: AwsSettings, events: number): number {
  return costOf(events).databaseCpuMs / Math.min(1, databaseVcpus(settings));
}

/** Events a second that the functions store when all of them have full batches and the database keeps up. */
export function functionsCarry(settings: AwsSettings, pollers: number, eventBytes: number): number {
  const full = largestBatch(settings, eventBytes);
  return (pollers * full * 1_000) / batchMs(settings, full);
}

/**
 * The closed form. An event source collects until its window is over or a batch is full, hands it over, and waits for it;
 * it takes on more pollers up to `maxConcurrency` when messages are left over. A simulation agrees with it within 10 %
 * (test/unit/plan.test.ts).
 */
export function forecast(settings: AwsSettings, load: Load): Forecast {
  const { eventsPerSecond, eventBytes } = load;
  const pollers = pollersFor(settings, load);
  const full = largestBatch(settings, eventBytes);
  let [eventsPerBatch, functionMs] = [Math.min(full, 1), batchMs(settings, 1)];
  // Each step needs the other's result; they settle within a few rounds.
  for (let round = 0; round < 50; round++) {
    const batchesPerSecond = eventsPerSecond / eventsPerBatch;
    const collecting = Math.max(0.1, pollers - (batchesPerSecond * functionMs) / 1_000);
    const inWindow = 1 + (eventsPerSecond / collecting) * settings.ingest.windowSeconds;
    eventsPerBatch += (Math.min(full, inWindow) - eventsPerBatch) / 2;
    functionMs = batchMs(settings, eventsPerBatch, contention(settings, pollers, eventsPerBatch, batchesPerSecond));
  }
  const batchesPerSecond = eventsPerSecond / eventsPerBatch;
  const functionsBusy = (batchesPerSecond * functionMs) / 1_000;
  const collectingSeconds = Math.min(settings.ingest.windowSeconds, (eventsPerBatch * pollers) / eventsPerSecond);
  return {
    pollers,
    batchesPerSecond,
    eventsPerBatch,
    functionMs,
    functionsBusy,
    databaseBusy: databaseBusy(settings, eventsPerBatch, batchesPerSecond),
    // While a batch is collected half of it is there on average.
    inFlight: eventsPerSecond * (collectingSeconds / 2 + functionMs / 1_000),
    walBytesPerSecond: batchesPerSecond * costOf(eventsPerBatch).walBytes,
  };
}

export function databaseBusy(settings: AwsSettings, eventsPerBatch: number, batchesPerSecond: number): number {
  return (batchesPerSecond * costOf(eventsPerBatch).databaseCpuMs) / 1_000 / databaseVcpus(settings);
}

function pollersFor(settings: AwsSettings, { eventsPerSecond, eventBytes }: Load): number {
  const { maxConcurrency } = settings.ingest;
  const needed = Math.ceil(eventsPerSecond / (0.9 * functionsCarry(settings, 1, eventBytes)));
  return Math.min(maxConcurrency, Math.max(Math.min(FIRST_POLLERS, maxConcurrency), needed));
}

/**
 * By how much batches slow each other down in the database: each poller waits for those of the others, and half as long as
 * at random, since all batches are alike (Pollaczek and Khinchine, with constant service times).
 */
function contention(settings: AwsSettings, pollers: number, eventsPerBatch: number, batchesPerSecond: number): number {
  const busy = databaseBusy(settings, eventsPerBatch, batchesPerSecond);
  const others = Math.min(0.95, (busy * (pollers - 1)) / pollers);
  const servers = Math.max(1, Math.floor(databaseVcpus(settings)));
  return 1 + others / (2 * servers * (1 - others));
}
