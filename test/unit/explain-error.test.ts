import { expect, test } from 'vitest';
import { ConfigError } from '../../lambda/errors.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import { explainError } from '../../tools/explain-error.ts';

function problemsOf(env: Record<string, string>): unknown {
  try {
    return readConfig({ DATABASE_URL: 'postgres://u@h/d', ...env });
  } catch (error) {
    return error;
  }
}

test('a missing mask key names where the keys are that wrote earlier rows', () => {
  const sentence = explainError(problemsOf({}));
  expect(sentence).toContain('MASK_KEY is missing');
  expect(sentence).toContain('.login-etl/mask-key');
});

test('another wrong setting does not', () => {
  expect(explainError(new ConfigError(['QUEUE_URL is wrong.']))).not.toContain('mask-key');
});
