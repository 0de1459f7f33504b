import { Worker } from 'node:worker_threads';

/** Code that never ends also never lets a timer of its own thread run out, so another thread looks on. */
const THREAD = `
  const { writeSync } = require('node:fs');
  const { workerData: { beats, seed, limitMs } } = require('node:worker_threads');
  let last = -1;
  setInterval(() => {
    const batch = Atomics.load(beats, 0);
    if (batch === last) {
      writeSync(2, 'FUZZ_SEED=' + seed + ': batch ' + batch + ' does not end\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    last = batch;
  }, limitMs);`;

/** Ends the process, with seed and batch, where a batch takes longer than `limitMs`. @returns a beat for each batch */
export function startWatchdog(seed: number, limitMs: number): { beat(batch: number): void; stop(): Promise<unknown> } {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(THREAD, { eval: true, execArgv: [], workerData: { beats, seed, limitMs } });
  return {
    beat: (batch) => Atomics.store(beats, 0, batch),
    stop: () => thread.terminate(),
  };
}
