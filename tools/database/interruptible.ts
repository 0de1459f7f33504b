import { setTimeout as sleep } from 'node:timers/promises';

/** @returns what `work` gives; throws as soon as `stop` is aborted, whatever `work` still does */
export async function interruptible<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const done = new AbortController();
  // A timer that never fires: it ends with either signal, and keeps nothing.
  const stopped = sleep(2 ** 31 - 1, undefined, { signal: AbortSignal.any([stop, done.signal]), ref: false });
  try {
    return await Promise.race([work, stopped as Promise<never>]);
  } finally {
    stopped.catch(() => {});
    done.abort();
  }
}
