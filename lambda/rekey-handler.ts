import { type CommandFunction, createCommand } from './create-command.ts';
import type { RekeyAnswer, RekeyRequest } from './jobs/rekey/rekey-by-settings.ts';
import { rekeyBySettings } from './jobs/rekey/rekey-by-settings.ts';
import { unknownRequest } from './jobs/unknown-request.ts';
import { KEY_ID } from './masking/masker.ts';
import type { Environment } from './settings/environment.ts';

/** After this long no further step begins, so that a step of up to ten minutes ends before the function does. */
const BEGIN_STEPS_MS = 240_000;

/** The Lambda entry of `rekey`: as many steps as it has time for. The command calls it again until it is done. */
export const handler = createRekey(process.env);

export function createRekey(env: Environment, beginStepsMs = BEGIN_STEPS_MS): CommandFunction<RekeyAnswer> {
  return createCommand('rekey', (request) => {
    const checked = checkRequest(Object(request));
    const until = performance.now() + beginStepsMs;
    const stop = new AbortController();
    const stepped = () => {
      if (performance.now() >= until) stop.abort();
    };
    const progress = { total() {}, moved() {}, stepped };
    return rekeyBySettings(env, checked, { stop: stop.signal, progress });
  });
}

function checkRequest({ to, steps, sweep }: Readonly<Record<string, unknown>>): RekeyRequest {
  const isOurs = KEY_ID.test(`${to}`) && (steps === 1 || steps === 16 || steps === 256) && typeof sweep === 'boolean';
  if (!isOurs) throw unknownRequest();
  return { to: `${to}`, steps, sweep };
}
