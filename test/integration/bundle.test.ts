import { execFile } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { stubAwsEnvironment } from '../support/aws-server.ts';
import { TEST_MASK_KEY } from '../support/function.ts';
import { KMS_KEY, startKms } from '../support/kms.ts';
import { OWNER, startRds } from '../support/rds.ts';
import { sqsEvent, sqsRecord, VALID_BODY } from '../support/records.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const MIGRATIONS = 'lambda/store/schema/migrations';

/** A folder with the entry as the deployment bundles it, and a program that calls it once. */
async function bundle(entry: string, files: string[] = []): Promise<string> {
  const folder = temporaryFolder();
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    logLevel: 'error',
  });
  for (const file of files) cpSync(file, join(folder, file.replace(/^.*\//, '')), { recursive: true });
  writeFileSync(
    join(folder, 'call.mjs'),
    `import { handler } from './index.mjs';
     process.stdout.write(JSON.stringify(await handler(JSON.parse(process.argv[2]))));
     process.exit();`,
  );
  return folder;
}

async function call(folder: string, env: Record<string, string>, event: object = {}): Promise<unknown> {
  const args = ['call.mjs', JSON.stringify(event)];
  const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
}

test('the bundles of the deployment run on their own, with the migrations beside them', async () => {
  const rds = await startRds();
  stubAwsEnvironment();
  const migration = await bundle('lambda/migrate-handler.ts', [MIGRATIONS]);
  const maintenance = await bundle('lambda/maintain-handler.ts');
  const env = { DATABASE_URL: rds.urlFor(OWNER) };
  const applied = readdirSync(MIGRATIONS).map((file) => file.replace('.sql', ''));
  expect(await call(migration, env)).toEqual({ applied });
  expect(await call(migration, env)).toEqual({ applied: [] });
  await startKms(TEST_MASK_KEY);
  const ingest = await bundle('lambda/handler.ts');
  const asWriter = { DATABASE_URL: rds.urlFor('login_writer'), DATABASE_LOGIN: 'iam', MASK_KMS_KEY: KMS_KEY };
  expect(await call(ingest, asWriter, sqsEvent([sqsRecord(VALID_BODY)]))).toEqual({ batchItemFailures: [] });
  const asMaintainer = { DATABASE_URL: rds.urlFor('login_maintainer'), DATABASE_LOGIN: 'iam' };
  expect(await call(maintenance, asMaintainer)).toEqual({ deleted: 0 });
});
