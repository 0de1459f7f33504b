import { spawnSync } from 'node:child_process';
import { localStackAnswers } from '../../localstack/deployed/services.ts';

const HELP = `Deploys the pipeline to a LocalStack and proves there what it promises, then destroys it. About four minutes.

  AWS_ENDPOINT_URL=http://localhost:4566 npm run test:localstack

Environment
  AWS_ENDPOINT_URL       the LocalStack; what "npx login-etl deploy --stage localstack" deployed to it is replaced
  DATABASE_URL           a Postgres as this machine sees it (default: an embedded one); it gets databases of its own
  FUNCTION_DATABASE_URL  the same Postgres as the function sees it
  SAMPLE_EVENTS          a file of events to send besides the shipped ones
`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const problem = await findProblem(process.env);
  if (problem) {
    process.stderr.write(`${problem}\n`);
    return 1;
  }
  const command = ['run', '--config', 'test/localstack/vitest.config.ts', ...args];
  return spawnSync('vitest', command, { stdio: 'inherit' }).status ?? 1;
}

async function findProblem(env: NodeJS.ProcessEnv): Promise<string | null> {
  const { AWS_ENDPOINT_URL: endpoint, DATABASE_URL, FUNCTION_DATABASE_URL } = env;
  if (!endpoint) return 'Which LocalStack? Set AWS_ENDPOINT_URL, as in http://localhost:4566.';
  if (!(await localStackAnswers(endpoint))) return `No LocalStack answers at ${endpoint}.`;
  if (!DATABASE_URL !== !FUNCTION_DATABASE_URL) return 'Set both DATABASE_URL and FUNCTION_DATABASE_URL, or neither.';
  return null;
}

process.exitCode = await main(process.argv.slice(2));
