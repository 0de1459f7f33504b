import { ConfigError, JobError } from '../../errors.ts';
import { openKey } from '../../keys/open-keys.ts';
import { LAYER_KEY_INFO, type LayerKeys } from '../../masking/mask-keys.ts';
import { checkValue } from '../../masking/masker.ts';
import { readDatabase } from '../../settings/database-settings.ts';
import { ENV, type Environment } from '../../settings/environment.ts';
import { type LayerSource, readRotation } from '../../settings/key-settings.ts';
import { type RekeyOptions, type RekeyResult, rekey } from './rekey.ts';

export interface RekeyRequest {
  /** The id of the new key. */
  to: string;
  steps: RekeyOptions['steps'];
  sweep: boolean;
}

/** What a function answers, and what a command has done. */
export interface RekeyAnswer extends RekeyResult {
  from: string;
}

/**
 * Replaces the layer key as the environment of the function says, which has both layer keys and no root key.
 *
 * @throws ConfigError where a setting is missing or wrong, JobError where KMS does not answer, and what `rekey` throws
 */
export async function rekeyBySettings(
  env: Environment,
  { to, steps, sweep }: RekeyRequest,
  rest: Pick<RekeyOptions, 'progress' | 'stop'>,
): Promise<RekeyAnswer> {
  const settings = readSettings(env, to);
  const { kid } = settings.from;
  const [from, next] = await Promise.all([openLayer(settings.from), openLayer(settings.to)]);
  const result = await rekey(settings.database, {
    rotation: { from: { kid, block: from.block }, to: { kid: to, block: next.block } },
    checks: [
      { name: kid, value: checkValue(from.check) },
      { name: to, value: checkValue(next.check) },
    ],
    steps,
    sweep,
    ...rest,
  });
  return { from: kid, ...result };
}

function readSettings(given: Environment, to: string) {
  const problems: string[] = [];
  if (given[ENV.maskNextKeyId] && given[ENV.maskNextKeyId] !== to) {
    problems.push(`${ENV.maskNextKeyId} is another id than --to.`);
  }
  const env = { ...given, [ENV.maskNextKeyId]: to };
  const database = readDatabase(env, problems);
  const rotation = readRotation(env, problems);
  if (problems.length > 0 || !database || !rotation) throw new ConfigError(problems);
  return { database, ...rotation };
}

async function openLayer({ source }: LayerSource): Promise<LayerKeys> {
  const opened = await openKey(source, LAYER_KEY_INFO, ENV.maskLayerKmsKey);
  if ('outage' in opened) {
    throw new JobError(`KMS did not answer for a layer key (${opened.outage.replace('kms ', '')}).`);
  }
  return opened.keys;
}
