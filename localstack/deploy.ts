import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, runCommand } from './deployed/command.ts';
import { runStep } from './deployed/run-step.ts';
import { requireServices } from './deployed/services.ts';
import { sendInstructions } from './events/instructions.ts';

const HELP = `Deploys the pipeline to LocalStack: queue, dead-letter queue, key and function, by CDK.

  npm run deploy:local

LocalStack and Postgres come from docker-compose.yml and are started where they do not run yet. Deploying again brings
what has changed. Options, after --
  --json    the endpoints as one JSON object on standard output; everything else goes to standard error
  --help    this text

Environment
  AWS_ENDPOINT_URL       a LocalStack that runs elsewhere (default: http://localhost:4566)
  DATABASE_URL           Postgres as this machine sees it (default: docker-compose.yml's)
  FUNCTION_DATABASE_URL  the same Postgres as the function sees it (default: docker-compose.yml's, by its service name)
  MASK_KEY               makes KMS give the pseudonyms of this key (default: a published key, for trials only)
  MASK_LAYER_KEY         the same for the layer key (default: MASK_KEY, or another published key)
`;

async function deploy({ at, out }: CommandLine): Promise<Record<string, unknown>> {
  await requireServices(at, out);
  const cdklocal = (title: string, ...args: string[]) =>
    runStep({ title, command: ['cdklocal', ...args], env: at.env, advice: 'What it says is above.' }, out);
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
    out.write(`\nThe queue is ${endpoints.queueUrl}\n\n${sendInstructions(endpoints)}`);
    out.write('\nMany at once: npm run seed:local. Take it all down: npm run destroy:local.\n');
    return endpoints;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await runCommand({ help: HELP }, process.env, deploy);
