import { setTimeout as sleep } from 'node:timers/promises';

/** @returns the result of `work`; throws as soon as `stop` is aborted, even while `work` goes on */
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
