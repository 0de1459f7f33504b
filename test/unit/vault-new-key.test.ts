import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keyName } from '../../lambda/masking/vault/vault-key.ts';
import { runLoginEtl } from '../support/program.ts';

const PROJECT = join(import.meta.dirname, '..', '..');

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'login-etl-keys-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('makes a pair that belongs together, for its owner alone, and shows neither half', async () => {
  const out = join(folder(), 'keys');
  const { exitCode, json, stdout, stderr } = await runLoginEtl(['vault', 'new-key', '--out', out, '--json']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [privatePem, publicPem] = ['vault-private.pem', 'vault-public.pem'].map((name) =>
    readFileSync(join(out, name), 'utf8'),
  ) as [string, string];
  expect(createPublicKey(createPrivateKey(privatePem)).equals(createPublicKey(publicPem))).toBe(true);
  expect(json.keyName).toBe(keyName(createPublicKey(publicPem)));
  expect(statSync(json.privateKey).mode & 0o777).toBe(0o600);
  expect(stdout).not.toContain('BEGIN');
});

test('never overwrites a file', async () => {
  const out = folder();
  await runLoginEtl(['vault', 'new-key', '--out', out]);
  const files = () => readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'));
  const before = files();
  const { exitCode, stderr } = await runLoginEtl(['vault', 'new-key', '--out', out]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/exists already/) });
  expect(files()).toEqual(before);
});

test('is refused inside the project, however the path leads there', async () => {
  const link = join(folder(), 'link');
  symlinkSync(PROJECT, link);
  for (const out of [PROJECT, join(PROJECT, '.login-etl', 'none', 'yet'), join(link, 'none')]) {
    const { exitCode, stderr } = await runLoginEtl(['vault', 'new-key', '--out', out]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(/inside this project/) });
  }
});
