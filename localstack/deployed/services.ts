import { withClient } from '../../lambda/store/connection/with-client.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import type { Deployment } from './deployment.ts';
import { runStep } from './run-step.ts';

const HEALTH_TIMEOUT_MS = 3_000;

/** Makes sure that LocalStack and Postgres answer; docker compose starts its own. */
export async function requireServices(at: Deployment, out: NodeJS.WritableStream): Promise<void> {
  if (await allAnswer(at)) return;
  if (at.isCompose) {
    const command = ['docker', 'compose', 'up', '--detach', '--wait'] as const;
    const advice =
      'Start Docker, or set AWS_ENDPOINT_URL (and DATABASE_URL, FUNCTION_DATABASE_URL) to services that are running.';
    await runStep({ title: 'Starting LocalStack and Postgres', command, env: at.env, advice }, out);
  }
  if (!(await localStackAnswers(at.endpoint))) {
    throw new UserError(`No LocalStack answers at ${at.endpoint}: start it, or correct AWS_ENDPOINT_URL.`);
  }
  const fault = await databaseFault(at.databaseUrl);
  if (fault) throw new UserError(`Postgres does not answer (${fault}): start it, or correct DATABASE_URL.`);
}

export async function localStackAnswers(endpoint: string): Promise<boolean> {
  try {
    const url = new URL('/_localstack/health', endpoint);
    return (await fetch(url, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}

async function allAnswer(at: Deployment): Promise<boolean> {
  return (await localStackAnswers(at.endpoint)) && (await databaseFault(at.databaseUrl)) === null;
}

async function databaseFault(databaseUrl: string): Promise<string | null> {
  try {
    await withClient(databaseUrl, (client) => client.query('select 1'));
    return null;
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string };
    return code || message;
  }
}
