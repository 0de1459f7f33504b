import { type CommandFunction, createCommand } from './create-command.ts';
import type { AdoptResult } from './jobs/adopt/adopt.ts';
import { adoptBySettings } from './jobs/adopt/adopt-by-settings.ts';
import type { Environment } from './settings/environment.ts';

/** After this long no further rows are taken; to count what is left, a large table is read once more. */
const BEGIN_CHUNKS_MS = 480_000;

/** The Lambda entry of `adopt`: as many rows as it has time for. The command calls it again until it is done. */
export const handler = createAdopt(process.env);

export function createAdopt(env: Environment, beginChunksMs = BEGIN_CHUNKS_MS): CommandFunction<AdoptResult> {
  return createCommand('adopt', () => {
    const until = performance.now() + beginChunksMs;
    const stop = new AbortController();
    // Each call begins at the start of the table. If it could stop at rows that are done, it would never get beyond them.
    const done = (values: number) => {
      if (values > 0 && performance.now() >= until) stop.abort();
    };
    return adoptBySettings(env, { stop: stop.signal, progress: { total() {}, done } });
  });
}
