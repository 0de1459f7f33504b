/** One step of the clock; what is free again within a step begins anew with the next one. */
const STEP_SECONDS = 0.001;

export interface Scene {
  pollers: number;
  windowSeconds: number;
  /** Events of a full batch. */
  full: number;
  /** Infinite: a full batch is always waiting. */
  eventsPerSecond: number;
  /** What a batch of some events goes through, one after the other. */
  phases(events: number): readonly Phase[];
  /** Of the shared station, which all phases there get an equal share of. */
  servers: number;
  seconds: number;
  random(): number;
}

export interface Phase {
  station: 'own' | 'shared';
  seconds: number;
}

export interface Observed {
  batchesPerSecond: number;
  eventsPerBatch: number;
  functionsBusy: number;
  /** Of the shared station's servers. */
  sharedBusy: number;
}

interface Poller {
  events: number;
  /** When the first event of the batch came. */
  since: number;
  /** Of the batch that is worked on, the current one first. */
  left: Phase[];
}

/** Event source, functions and database as queues, step by step. The first tenth of the time does not count. */
export function simulate(scene: Scene): Observed {
  const pollers: Poller[] = Array.from({ length: scene.pollers }, () => ({ events: 0, since: 0, left: [] }));
  const seen = { batches: 0, events: 0, busy: 0, shared: 0, steps: 0 };
  let waiting = 0;
  const steps = Math.round(scene.seconds / STEP_SECONDS);
  for (let step = 0; step < steps; step++) {
    const now = step * STEP_SECONDS;
    const counts = step >= steps / 10;
    waiting = handOut(waiting + arrivals(scene), pollers, scene, now);
    for (const poller of pollers) {
      if (poller.left.length > 0 || poller.events === 0) continue;
      if (poller.events < scene.full && now - poller.since < scene.windowSeconds) continue;
      poller.left = scene.phases(poller.events).map((phase) => ({ ...phase }));
      if (counts) {
        seen.batches++;
        seen.events += poller.events;
        for (const { station, seconds } of poller.left) seen.shared += station === 'shared' ? seconds : 0;
      }
      poller.events = 0;
    }
    const busy = work(pollers, scene.servers);
    if (!counts) continue;
    seen.busy += busy;
    seen.steps++;
  }
  const seconds = seen.steps * STEP_SECONDS;
  return {
    batchesPerSecond: seen.batches / seconds,
    eventsPerBatch: seen.events / seen.batches,
    functionsBusy: seen.busy / seen.steps,
    sharedBusy: seen.shared / seconds / scene.servers,
  };
}

function arrivals({ eventsPerSecond, pollers, full, random }: Scene): number {
  if (eventsPerSecond === Number.POSITIVE_INFINITY) return pollers * full;
  return poisson(eventsPerSecond * STEP_SECONDS, random);
}

/** Many are divided equally, few by chance. @returns how many nobody takes, since all pollers work or are full */
function handOut(events: number, pollers: readonly Poller[], { full, random }: Scene, now: number): number {
  let left = events;
  for (;;) {
    const open = pollers.filter((poller) => poller.left.length === 0 && poller.events < full);
    if (left === 0 || open.length === 0) return left;
    const share = Math.floor(left / open.length);
    const takers = share > 0 ? open : [open[Math.floor(random() * open.length)] as Poller];
    for (const poller of takers) {
      if (poller.events === 0) poller.since = now;
      const taken = Math.min(Math.max(1, share), full - poller.events);
      poller.events += taken;
      left -= taken;
    }
  }
}

/** One step of everybody's work. @returns for how much of it how many functions were busy */
function work(pollers: readonly Poller[], servers: number): number {
  const busy = pollers.filter(({ left }) => left.length > 0);
  const sharing = busy.filter(({ left }) => left[0]?.station === 'shared').length;
  const speed = Math.min(1, servers / Math.max(1, sharing));
  let total = busy.length;
  for (const poller of busy) {
    let rest = STEP_SECONDS;
    for (let phase = poller.left[0]; phase && rest > 0; phase = poller.left[0]) {
      const pace = phase.station === 'shared' ? speed : 1;
      const spent = Math.min(rest, phase.seconds / pace);
      phase.seconds -= spent * pace;
      rest -= spent;
      if (phase.seconds <= 1e-12) poller.left.shift();
    }
    total -= rest / STEP_SECONDS;
  }
  return total;
}

/** How many come by chance; above 50 the normal distribution will do. */
function poisson(mean: number, random: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}
