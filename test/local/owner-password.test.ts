import { expect, test } from 'vitest';
import { readOwnerPassword } from '../../lambda/store/connection/owner-password.ts';
import { SECRET_ARN, startSecretsManager } from '../support/secrets-manager.ts';

test('the password is read from the JSON that RDS keeps', async () => {
  await startSecretsManager('{"username":"login_owner","password":"secret"}');
  expect(await readOwnerPassword(SECRET_ARN)).toBe('secret');
});

test.for([
  ['is no JSON', 'canary-secret', 'is not what RDS writes'],
  ['is null', 'null', 'is not what RDS writes'],
  ['has no password', '{"username":"canary-secret"}', 'is not what RDS writes'],
  ['has a password that is none', '{"password":["canary-secret"]}', 'is not what RDS writes'],
  ['is empty', '', 'is not what RDS writes'],
  ['may not be read', { error: 'AccessDeniedException' }, 'cannot be read (AccessDeniedException)'],
  ['is gone', { error: 'ResourceNotFoundException' }, 'cannot be read (ResourceNotFoundException)'],
  ['is out of reach', { error: 'InternalServiceError', status: 500 }, 'cannot be read (InternalServiceError)'],
] as const)('a secret that %s is refused in one sentence that quotes nothing of it', async ([, secret, reason]) => {
  await startSecretsManager(secret);
  const error = await readOwnerPassword(SECRET_ARN).catch((fault) => fault);
  expect(error).toMatchObject({ name: 'JobError' });
  expect(error).not.toHaveProperty('cause');
  expect(error.message).toContain(`The secret of the owner ${reason}`);
  expect(error.stack).not.toContain('canary');
});

test('no answer is waited for for longer than seconds', async () => {
  await (await startSecretsManager('')).setMode('hang');
  const startedAt = performance.now();
  await expect(readOwnerPassword(SECRET_ARN)).rejects.toThrow('cannot be read (TimeoutError)');
  expect(performance.now() - startedAt).toBeLessThan(9_000);
});
