import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyProject, makeCopy, removeCopy } from '../support/project-copy.ts';

const run = promisify(execFile);

/** As `cdk synth` runs the app, bundles and all; a deprecated property fails it. */
async function synth(folder: string, args: string[] = []): Promise<string> {
  const { AWS_ENDPOINT_URL: _, ...rest } = process.env;
  const options = { cwd: folder, env: { ...rest, JSII_DEPRECATED: 'fail' } };
  const { stderr } = await run('cdk', ['synth', '--quiet', ...args], options);
  return stderr;
}

/** The one resource of its type in a template that was synthesized. */
function resourceOf(folder: string, stack: string, type: string): string {
  const template = readFileSync(join(folder, 'cdk.out', `${stack}.template.json`), 'utf8');
  const resource = Object.values(JSON.parse(template).Resources).find(
    (candidate) => (candidate as { Type: string }).Type === type,
  );
  return JSON.stringify(resource);
}

/** What CloudFormation would run: it changes with every byte of the function. */
const migration = (folder: string) => resourceOf(folder, 'login-etl-prod-stateless', 'Custom::Trigger');

/** Three copies, which differ from each other in one file, synthesized once for the tests below. */
const copies = {
  usual: makeCopy('tsconfig.json', (text) => `${text}\n`),
  changed: makeCopy(
    join('lambda', 'store', 'schema', 'migrations', '000003_mask-keys.sql'),
    (sql) => `${sql}\n-- one more line\n`,
  ),
  first: makeCopy('tsconfig.json', (text) => `${text}\n\n`),
};
afterAll(() => Object.values(copies).forEach(removeCopy));
beforeAll(async () => {
  await Promise.all([
    synth(copies.usual),
    synth(copies.changed),
    synth(copies.first, ['--context', 'protection=later']),
  ]);
}, 600_000);

test('a changed migration runs with the next deployment, and an unchanged one does not', () => {
  expect(migration(copies.first)).toBe(migration(copies.usual));
  expect(migration(copies.changed)).not.toBe(migration(copies.usual));
});

test('a first deployment makes its database without protection, and every other one has it', () => {
  const database = (folder: string) => resourceOf(folder, 'login-etl-prod-stateful', 'AWS::RDS::DBCluster');
  expect(database(copies.first)).toContain('"DeletionProtection":false');
  expect(database(copies.usual)).toContain('"DeletionProtection":true');
});

test('wrong settings stop the synthesis with a sentence each', async () => {
  const wrong = copyProject(join('infra', 'settings', 'settings.ts'), (text) =>
    text
      .replace('maxReceiveCount: MAX_RECEIVES', 'maxReceiveCount: 2')
      .replace('maxConcurrency: 10,', 'maxConcurrency: 1,'),
  );
  const failure = await synth(wrong).catch((error: { stderr: string }) => error.stderr);
  expect(failure).toContain('ingest.maxConcurrency is 1, and Lambda takes 2 to 1000.\n');
  expect(failure).toContain('queue.maxReceiveCount of 2 lets good messages into the dead-letter queue');
  expect(failure).not.toMatch(/\bat .*:\d+:\d+/);
});
