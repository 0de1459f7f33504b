import { type CommandLine, runCommand } from './deployed/command.ts';
import { runStep } from './deployed/run-step.ts';
import { localStackAnswers } from './deployed/services.ts';

const HELP = `Takes down what npm run deploy:local made: the stack and, where docker compose runs them, LocalStack and Postgres
with everything in them.

  npm run destroy:local

Options, after --
  --json    {"destroyed": [...]} on standard output; everything else goes to standard error
  --help    this text

Environment
  AWS_ENDPOINT_URL, DATABASE_URL    as for npm run deploy:local; where one is set, only the stack is destroyed
`;

async function destroy({ at, out }: CommandLine): Promise<Record<string, unknown>> {
  const destroyed: string[] = [];
  if (await localStackAnswers(at.endpoint)) {
    const command = ['cdklocal', 'destroy', '--force'] as const;
    await runStep({ title: 'Destroying the stack', command, env: at.env, advice: 'What it says is above.' }, out);
    destroyed.push('stack');
  } else {
    out.write(`No LocalStack answers at ${at.endpoint}, so there is no stack.\n`);
  }
  if (at.isCompose) {
    const command = ['docker', 'compose', 'down', '--volumes'] as const;
    const title = 'Stopping LocalStack and Postgres';
    await runStep({ title, command, env: at.env, advice: 'Is Docker running?' }, out);
    destroyed.push('services');
  }
  return { destroyed };
}

await runCommand({ help: HELP }, process.env, destroy);
