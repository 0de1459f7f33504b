import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { TEST_MASK_KEY } from '../support/function.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

export interface Deployed {
  endpoint: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  /** As this machine sees it, empty before the function's first batch. */
  databaseUrl: string;
  /** Of the same server, for a run of `npm start` to compare with. */
  otherDatabaseUrl: string;
  /** With which the pipeline was deployed. */
  env: Record<string, string>;
}

declare module 'vitest' {
  interface ProvidedContext {
    deployed: Deployed;
  }
}

/**
 * Bootstraps and deploys as a user does (`test/localstack/run.ts` has checked that there is a
 * LocalStack), on databases of its own, and takes everything down in the end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const endpoint = process.env.AWS_ENDPOINT_URL ?? '';
  const server = await findServer();
  const names = ['function', 'start'].map((name) => `login_etl_${name}_${randomBytes(4).toString('hex')}`);
  const [databaseUrl = '', otherDatabaseUrl = ''] = names.map((name) => withDatabase(server.url, name));
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    DATABASE_URL: databaseUrl,
    FUNCTION_DATABASE_URL: withDatabase(server.functionUrl, names[0] ?? ''),
    MASK_KEY: TEST_MASK_KEY,
  };
  try {
    for (const name of names) await onServer(server.url, `create database ${name}`);
    // Of an earlier run, or of the user's own: its queues may hold messages.
    await loginEtl(['destroy', '--stage', 'localstack'], env);
    const places = await loginEtl(['deploy', '--stage', 'localstack'], env);
    const { queueUrl = '', deadLetterQueueUrl = '' } = places;
    project.provide('deployed', { endpoint, env, databaseUrl, otherDatabaseUrl, queueUrl, deadLetterQueueUrl });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return async () => {
    await loginEtl(['destroy', '--stage', 'localstack'], env);
    for (const name of names) await onServer(server.url, `drop database ${name} with (force)`);
    await server.stop();
  };
}

/** @returns what the command prints with --json */
export async function loginEtl(
  args: readonly string[],
  env: Record<string, string>,
  root = ROOT,
): Promise<Record<string, string>> {
  try {
    const { stdout } = await run(process.execPath, [join(root, 'tools', 'login-etl.mjs'), ...args, '--json'], {
      env: { ...process.env, ...env },
    });
    return JSON.parse(stdout);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(`${args.join(' ')}: ${stderr || message}`);
  }
}

interface Server {
  url: string;
  functionUrl: string;
  stop(): Promise<void>;
}

/** The server of the two variables, else an embedded one, which a function reaches that runs on this machine. */
async function findServer(): Promise<Server> {
  const { DATABASE_URL: url, FUNCTION_DATABASE_URL: functionUrl } = process.env;
  if (url && functionUrl) return { url, functionUrl, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-localstack-'));
  const postgres = await startPostgres(folder);
  return {
    url: postgres.url,
    functionUrl: postgres.url,
    async stop() {
      await postgres.stop();
      removePostgres(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: name }).href;
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
