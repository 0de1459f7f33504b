import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../../lambda/errors.ts';
import { readConfig } from '../../lambda/settings/config.ts';
import { explainError } from '../../tools/explain-error.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const problemsOf = (env: Record<string, string>) =>
  thrownBy(() => readConfig({ DATABASE_URL: 'postgres://u@h/d', ...env }));

test('a missing mask key names where the keys are that wrote earlier rows', () => {
  const sentence = explainError(problemsOf({}));
  expect(sentence).toContain('MASK_KEY is missing');
  expect(sentence).toContain('.login-etl/mask-key');
});

test('another wrong setting does not', () => {
  expect(explainError(new ConfigError(['QUEUE_URL is wrong.']))).not.toContain('mask-key');
});

test('a file that cannot be used is named, and not called a fault of the database', () => {
  const path = join(import.meta.dirname, 'nothing-here');
  expect(explainError(thrownBy(() => readFileSync(path)))).toBe(
    `${path} cannot be used (ENOENT): check that it exists, and that you may read and write it.`,
  );
  expect(explainError(Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' }))).toMatch(
    /^Nothing answers at the host/,
  );
});
