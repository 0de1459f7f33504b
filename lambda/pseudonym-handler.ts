import { type CommandFunction, createCommand } from './create-command.ts';
import { ConfigError } from './errors.ts';
import { type PseudonymAnswer, pseudonymOf, SECRET_FIELDS } from './jobs/pseudonym/pseudonym.ts';
import { unknownRequest } from './jobs/unknown-request.ts';
import { requireKeys } from './keys/open-keys.ts';
import { createMasker } from './masking/masker.ts';
import type { Environment } from './settings/environment.ts';
import { readKeys } from './settings/key-settings.ts';

/** The Lambda entry of `pseudonym`. It has the keys and no database; the value is nowhere but in the request. */
export const handler = createPseudonym(process.env);

export function createPseudonym(env: Environment): CommandFunction<PseudonymAnswer> {
  return createCommand('pseudonym', async (request) => {
    const { field: name, value } = Object(request);
    const field = SECRET_FIELDS.find((one) => one === name);
    if (field === undefined || typeof value !== 'string') throw unknownRequest();
    const problems: string[] = [];
    const settings = readKeys(env, problems);
    if (problems.length > 0 || !settings) throw new ConfigError(problems);
    return pseudonymOf(field, value, createMasker(settings.kid, await requireKeys(settings)));
  });
}
