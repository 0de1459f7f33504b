import type { aws_kms as kms } from 'aws-cdk-lib';
import { ENV } from '../../lambda/settings/environment.ts';
import type { PipelineSettings } from '../settings/settings.ts';

/** The keys of the pseudonyms. */
export interface MaskKeys extends LayerKeys {
  rootKey: kms.IKey;
}

export interface LayerKeys {
  layerKey: kms.IKey;
  /** While layers are rotated. */
  nextLayerKey?: kms.IKey | null;
}

/** What a function that makes pseudonyms is told of its keys. */
export function maskKeyEnvironment(settings: PipelineSettings, keys: MaskKeys): Record<string, string> {
  return {
    [ENV.maskKmsKey]: keys.rootKey.keyArn,
    ...layerEnvironment(settings, keys),
    ...(settings.adopted && { [ENV.maskAdopted]: 'sha256' }),
  };
}

/** The same for one that only moves them from layer to layer. */
export function layerEnvironment(
  { maskKeyId, nextMaskKeyId }: PipelineSettings,
  { layerKey, nextLayerKey }: LayerKeys,
): Record<string, string> {
  return {
    [ENV.maskLayerKmsKey]: layerKey.keyArn,
    [ENV.maskKeyId]: maskKeyId,
    ...(nextLayerKey && {
      [ENV.maskNextKeyId]: nextMaskKeyId ?? '',
      [ENV.maskNextLayerKmsKey]: nextLayerKey.keyArn,
    }),
  };
}

/** For `GenerateMac`. */
export function layerKeys({ layerKey, nextLayerKey }: LayerKeys): kms.IKey[] {
  return nextLayerKey ? [layerKey, nextLayerKey] : [layerKey];
}
