import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { localKeyMaterial } from '../../infra/local-key.ts';
import { localSettings } from '../../infra/local-settings.ts';
import { LOCALSTACK } from '../../infra/settings/settings.ts';
import { SettingsError } from '../../infra/settings/settings-error.ts';
import { chooseStage } from '../../infra/stage.ts';
import { deriveMaskKeys, LAYER_KEY_INFO, ROOT_KEY_INFO, type RootKeyName } from '../../lambda/masking/mask-keys.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY } from '../support/function.ts';

test.for([
  'http://localhost:4566',
  'http://127.0.0.1:4566',
  'http://[::1]:4566',
  'http://localstack:4566',
  'http://host.docker.internal:4566',
  'http://localhost.localstack.cloud:4566',
  'https://s3.localhost.localstack.cloud:4566',
])('%s is a LocalStack, and needs no word about it', (endpoint) => {
  expect(chooseStage(undefined, endpoint)).toBe('localstack');
  expect(chooseStage('localstack', endpoint)).toBe('localstack');
});

test.for([
  undefined,
  '',
  'https://cloudformation.eu-west-1.amazonaws.com',
  'http://localhost.example.com',
  'https://proxy.example.com',
  'nonsense',
])('the endpoint %s is AWS', (endpoint) => {
  expect(chooseStage(undefined, endpoint)).toBe('prod');
  expect(chooseStage('dev', endpoint)).toBe('dev');
});

test.for([
  ['production', undefined, /"production".*localstack, dev, prod/],
  ['localstack', undefined, /needs AWS_ENDPOINT_URL/],
  ['localstack', 'https://proxy.example.com', /its host is localhost/],
  ['prod', 'http://localhost:4566', /LocalStack, which has no databases/],
] as const)('stage %s at endpoint %s is refused', ([asked, endpoint, problem]) => {
  expect(() => chooseStage(asked, endpoint)).toThrow(SettingsError);
  expect(() => chooseStage(asked, endpoint)).toThrow(problem);
});

const hexMaster = (setting: string) => Buffer.from(setting.slice('hex:'.length), 'hex');

test('LocalStack keys made from MASK_KEY and MASK_LAYER_KEY give their keys', () => {
  const keys = deriveMaskKeys(hexMaster(TEST_MASK_KEY), hexMaster(TEST_LAYER_KEY));
  const material = localKeyMaterial({ MASK_KEY: TEST_MASK_KEY, MASK_LAYER_KEY: TEST_LAYER_KEY });
  const mac = (part: Buffer, info: string) => createHmac('sha256', part).update(`${info}\x01`).digest('hex');
  for (const [name, key] of Object.entries(keys.root)) {
    expect(mac(material.root, ROOT_KEY_INFO[name as RootKeyName])).toBe(key.export().toString('hex'));
  }
  expect(mac(material.layer, LAYER_KEY_INFO.block)).toBe(keys.layer.block.export().toString('hex'));
});

test('MASK_KEY alone serves LocalStack for both, as it does the function', () => {
  const { root, layer } = localKeyMaterial({ MASK_KEY: TEST_MASK_KEY });
  expect(layer).toEqual(root);
});

test('LocalStack keys without either have the same material at every start, each its own', () => {
  const { root, layer } = localKeyMaterial({});
  expect([root.length, layer.length]).toEqual([32, 32]);
  expect(layer).not.toEqual(root);
  expect(localKeyMaterial({ MASK_KEY: '', MASK_LAYER_KEY: '' })).toEqual({ root, layer });
});

describe('while a layer key is replaced on LocalStack', () => {
  const next = { MASK_NEXT_KEY_ID: 'k2' };
  const own = { ...next, MASK_KEY: TEST_MASK_KEY, MASK_NEXT_LAYER_KEY: TEST_LAYER_KEY };

  test('the next key is that of its setting, and remains when it is the only one', () => {
    const { nextLayer } = localKeyMaterial(own);
    const after = { MASK_KEY: TEST_MASK_KEY, MASK_KEY_ID: 'k2', MASK_LAYER_KEY: TEST_LAYER_KEY };
    expect(nextLayer).toHaveLength(32);
    expect(localKeyMaterial(after).layer).toEqual(nextLayer);
    expect(localKeyMaterial({ MASK_KEY: TEST_MASK_KEY })).not.toHaveProperty('nextLayer');
  });

  test('without own keys it has material of its own, the same at every start', () => {
    const { root, layer, nextLayer } = localKeyMaterial(next);
    expect(new Set([root, layer, nextLayer].map((part) => part?.toString('hex'))).size).toBe(3);
    expect(localKeyMaterial({ MASK_KEY_ID: 'k2' }).layer).toEqual(nextLayer);
  });

  test.for([
    [{ ...own, MASK_NEXT_LAYER_KEY: '' }, 'MASK_NEXT_LAYER_KEY is missing: the layer key of k2'],
    [{ MASK_KEY: TEST_MASK_KEY, MASK_KEY_ID: 'k2' }, 'MASK_LAYER_KEY is missing: the layer key of k2'],
  ] as const)('an own root key asks for own layer keys but the first', ([env, problem]) => {
    expect(() => localKeyMaterial(env)).toThrow(SettingsError);
    expect(() => localKeyMaterial(env)).toThrow(problem);
  });
});

test('LocalStack has the settings of a stage from the environment, all of them off by default', () => {
  expect(localSettings({ MASK_KEY_ID: '', RECOVERY_VAULT: '' })).toEqual(LOCALSTACK);
  const env = { MASK_KEY_ID: 'k2', MASK_NEXT_KEY_ID: 'k3', MASK_ADOPTED: 'sha256', RECOVERY_VAULT: 'true' };
  const all = { maskKeyId: 'k2', nextMaskKeyId: 'k3', adopted: true, recoveryVault: true };
  expect(localSettings(env)).toEqual({ ...LOCALSTACK, ...all });
  const wrong = { MASK_ADOPTED: 'md5', RECOVERY_VAULT: 'yes' };
  expect(() => localSettings(wrong)).toThrow(/^MASK_ADOPTED must be sha256.*\nRECOVERY_VAULT must be true/);
});

test.for(['MASK_KEY', 'MASK_LAYER_KEY'])('a %s that is none is refused without being quoted', (name) => {
  expect(() => localKeyMaterial({ [name]: 'hex:5e5a3e' })).toThrow(new RegExp(`^${name} must be at least 32 bytes`));
});
