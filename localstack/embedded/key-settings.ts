import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import type { DataFolder } from './data-folder.ts';

/**
 * The function's key settings, without those of KMS, which this machine does not have. The keys of a folder
 * belong together: whoever brings a root key brings the layer key as well, or uses the root for both.
 */
export function keySettings(env: Environment, folder: DataFolder): Record<string, string> {
  const own = env[ENV.maskKey];
  const isFirst = (env[ENV.maskKeyId] || 'k1') === 'k1';
  const madeLayer = own === undefined && isFirst ? folder.maskLayerKey() : '';
  return {
    [ENV.maskKey]: own ?? folder.maskKey(),
    [ENV.maskLayerKey]: env[ENV.maskLayerKey] || madeLayer,
    [ENV.maskKmsKey]: '',
    [ENV.maskLayerKmsKey]: '',
    [ENV.maskNextLayerKmsKey]: '',
    [ENV.vaultKmsKey]: '',
  };
}
