import { ENV, type Environment } from '../lambda/settings/environment.ts';
import { LOCALSTACK, type PipelineSettings } from './settings/settings.ts';
import { SettingsError } from './settings/settings-error.ts';

const VAULT = 'RECOVERY_VAULT';

/**
 * The settings of LocalStack, where what a stage on AWS is given in its settings comes from variables of the function's own
 * names, and the vault from RECOVERY_VAULT=true.
 *
 * @throws SettingsError with all that is wrong with them
 */
export function localSettings(env: Environment): PipelineSettings {
  const problems: string[] = [];
  const isOn = (name: string, word: string) => {
    if (env[name] && env[name] !== word) problems.push(`${name} must be ${word}, or not be set.`);
    return env[name] === word;
  };
  const adopted = isOn(ENV.maskAdopted, 'sha256');
  const recoveryVault = isOn(VAULT, 'true');
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...LOCALSTACK,
    maskKeyId: env[ENV.maskKeyId] || LOCALSTACK.maskKeyId,
    nextMaskKeyId: env[ENV.maskNextKeyId] || null,
    adopted,
    recoveryVault,
  };
}
