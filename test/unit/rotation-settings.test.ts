import { expect, test } from 'vitest';
import { readRotation } from '../../lambda/settings/key-settings.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';

const TO_K2 = { MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KMS_KEY: 'alias/k2' };
const TO_K3 = { MASK_NEXT_KEY_ID: 'k3', MASK_NEXT_LAYER_KMS_KEY: 'alias/k3' };

function rotationOf(env: Record<string, string>) {
  const problems: string[] = [];
  return { rotation: readRotation(env, problems), problems };
}

test('a rotation has the layer key in use and the one that follows', () => {
  const env = { MASK_KEY: TEST_MASK_KEY, MASK_LAYER_KMS_KEY: 'alias/k2', MASK_KEY_ID: 'k2', ...TO_K3 };
  expect(rotationOf(env)).toEqual({
    rotation: {
      from: { kid: 'k2', source: { kmsKeyId: 'alias/k2' } },
      to: { kid: 'k3', source: { kmsKeyId: 'alias/k3' } },
    },
    problems: [],
  });
});

test('the first layer key is its own where it has one, else the root key', () => {
  const fromOf = (env: Record<string, string>) => rotationOf({ ...env, ...TO_K2 }).rotation?.from;
  const root = { MASK_KMS_KEY: 'alias/root' };
  expect(fromOf(root)).toEqual({ kid: 'k1', source: { kmsKeyId: 'alias/root' } });
  expect(fromOf({ ...root, MASK_LAYER_KMS_KEY: 'alias/k1' })).toEqual({ kid: 'k1', source: { kmsKeyId: 'alias/k1' } });
});

test.for([
  [TO_K2, 'MASK_LAYER_KEY is missing: the layer key of k1, or MASK_LAYER_KMS_KEY.'],
  [
    { MASK_KEY: TEST_MASK_KEY, MASK_KEY_ID: 'k2', ...TO_K3 },
    'MASK_LAYER_KEY is missing: the layer key of k2, or MASK_LAYER_KMS_KEY.',
  ],
  [
    { MASK_LAYER_KEY: TEST_LAYER_KEY, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_LAYER_KEY },
    'MASK_NEXT_LAYER_KEY is a key that is in use already, and must be a new one.',
  ],
  [
    { MASK_LAYER_KEY: TEST_LAYER_KEY, ...TO_K2, MASK_NEXT_KEY_ID: 'k1' },
    'MASK_NEXT_KEY_ID and MASK_KEY_ID are one id, and there must be two.',
  ],
] as const)('what is missing or wrong is said, in one sentence: %j', ([env, sentence]) => {
  expect(rotationOf(env).problems).toEqual([sentence]);
});

test('there is none without both keys', () => {
  expect(rotationOf(TO_K2).rotation).toBeNull();
  expect(rotationOf({ MASK_LAYER_KEY: TEST_LAYER_KEY }).rotation).toBeNull();
});
