import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @param perSecond may be infinite
 * @returns what waits for the caller's turn; once `stop` is aborted, nobody waits
 */
export function createPace(perSecond: number, stop: AbortSignal): () => Promise<void> {
  let nextAt = 0;
  return async () => {
    const turn = Math.max(nextAt, performance.now());
    nextAt = turn + 1_000 / perSecond;
    await sleep(Math.max(0, turn - performance.now()), undefined, { signal: stop }).catch(() => {});
  };
}
