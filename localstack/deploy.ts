import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer, CommandLine } from '../tools/cli/command.ts';
import { UserError } from '../tools/cli/user-error.ts';
import { findDeployment } from './deployed/deployment.ts';
import { localMasker, refuseOtherKeys } from './deployed/mask-keys.ts';
import { type Proof, proveDeployment } from './deployed/prove-deployment.ts';
import { runStep } from './deployed/run-step.ts';
import { requireServices } from './deployed/services.ts';
import { createSqsClient } from './embedded/sqs/queue-server.ts';
import { sendInstructions } from './events/instructions.ts';

/** What `deploy --stage localstack` does. */
export async function deploy({ env, out }: Pick<CommandLine, 'env' | 'out'>): Promise<Answer> {
  if (!env.DATABASE_URL !== !env.FUNCTION_DATABASE_URL) {
    throw new UserError(
      'DATABASE_URL and FUNCTION_DATABASE_URL name the same Postgres, for this machine and for the function: set both, or neither.',
      2,
    );
  }
  const at = findDeployment(env);
  await requireServices(at, out);
  await refuseOtherKeys(at, env);
  const cdklocal = (title: string, ...args: string[]) =>
    runStep({ title, command: ['cdklocal', ...args], env: at.env, advice: 'Its own message is above.' }, out);
  await cdklocal('Preparing LocalStack for CDK', 'bootstrap');
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-'));
  try {
    const outputs = join(folder, 'outputs.json');
    await cdklocal('Deploying the pipeline', 'deploy', '--require-approval', 'never', '--outputs-file', outputs);
    const [stack] = Object.values(JSON.parse(readFileSync(outputs, 'utf8'))) as Record<string, string>[];
    const endpoints = {
      endpoint: at.endpoint,
      queueUrl: stack?.QueueUrl ?? '',
      deadLetterQueueUrl: stack?.DeadLetterQueueUrl ?? '',
      databaseUrl: at.databaseUrl,
    };
    await prove({ ...endpoints, masker: localMasker(env) }, out);
    out.write(`\nThe queue is ${endpoints.queueUrl}\n\n${sendInstructions(endpoints)}`);
    out.write(
      '\nTo send many at once: npx login-etl seed\nTo take it all down:  npx login-etl destroy --stage localstack\n',
    );
    return { json: { ...endpoints } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function prove(
  { endpoint, ...at }: Omit<Proof, 'sqs'> & { endpoint: string },
  out: NodeJS.WritableStream,
): Promise<void> {
  const startedAt = performance.now();
  out.write('Sending an event, and waiting for its row ... ');
  const sqs = createSqsClient(endpoint);
  try {
    await proveDeployment({ ...at, sqs });
    out.write(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s, and removed again\n`);
  } catch (error) {
    out.write('failed\n');
    throw error;
  } finally {
    sqs.destroy();
  }
}
