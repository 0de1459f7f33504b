import { setTimeout as sleep } from 'node:timers/promises';
import { classifyDatabaseError, isComingUp } from './classify-error.ts';

/** Aurora at 0 capacity units takes 15 s to wake, and 30 s or longer after a day; a failover mostly less than 60 s. */
export const WAIT_SECONDS = 90;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;
/** A timer may fire that much early, and there would be one more attempt in the same moment. */
const TIMER_MS = 1;

export interface Patience {
  /** How long after the first attempt the last one begins, at the earliest. 0: one attempt. */
  seconds: number;
  /** Gets one line, before the first pause: what is waited for, and for how long. */
  say(line: string): void;
}

/**
 * Runs a piece of work, and runs it again for as long as the database is waking, restarting, failing over or has no
 * address yet. Anything else, such as a refused login or an error in SQL, is thrown at once.
 *
 * @param work harmless to run again, wherever it broke off
 * @throws the error of the last attempt
 */
export async function keepTrying<T>(work: () => Promise<T>, { seconds, say }: Patience): Promise<T> {
  const lastStart = performance.now() + seconds * 1_000;
  for (let pauseMs = FIRST_PAUSE_MS, isFirst = true; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      const leftMs = lastStart - performance.now();
      if (!isComingUp(error) || leftMs <= 0) throw error;
      if (isFirst) say(waitingLine(error, seconds));
      isFirst = false;
      await sleep(Math.ceil(Math.min(pauseMs, leftMs)) + TIMER_MS);
    }
  }
}

function waitingLine(error: unknown, seconds: number): string {
  return `Waiting up to ${seconds} s for the database, which does not answer yet (${classifyDatabaseError(error)?.code}).`;
}
