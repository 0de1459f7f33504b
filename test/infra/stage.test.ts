import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { localKeyMaterial } from '../../infra/local-key.ts';
import { SettingsError } from '../../infra/settings/settings-error.ts';
import { chooseStage } from '../../infra/stage.ts';
import { deriveFieldKeys, FIELD_KEY_INFO, type FieldKeyName } from '../../lambda/masking/field-keys.ts';
import { TEST_MASK_KEY } from '../support/function.ts';

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

test('a LocalStack key made from MASK_KEY gives its field keys', () => {
  const master = Buffer.from(TEST_MASK_KEY.slice('hex:'.length), 'hex');
  const keys = deriveFieldKeys(master);
  const material = localKeyMaterial(TEST_MASK_KEY);
  for (const [name, info] of Object.entries(FIELD_KEY_INFO)) {
    const mac = createHmac('sha256', material).update(`${info}\x01`).digest('hex');
    expect(mac).toBe(keys[name as FieldKeyName].export().toString('hex'));
  }
});

test('a LocalStack key without MASK_KEY has the same material at every start', () => {
  expect(localKeyMaterial(undefined)).toHaveLength(32);
  expect(localKeyMaterial('')).toEqual(localKeyMaterial(undefined));
});

test('a MASK_KEY that is none is refused without being quoted', () => {
  expect(() => localKeyMaterial('hex:5e5a3e')).toThrow(/^MASK_KEY must be at least 32 bytes/);
});
