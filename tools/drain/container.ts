import { surviveClosedOutput } from '../cli/closed-output.ts';
import { processContext } from '../cli/context.ts';
import { runProgram } from '../cli/program.ts';
import { explainError } from '../explain-error.ts';
import { command } from './drain.ts';

/** The entry of the container: `npx login-etl drain`, without the rest of the program. */
surviveClosedOutput();
process.exitCode = await runProgram(['drain', ...process.argv.slice(2)], processContext(), {
  name: 'login-etl',
  description: 'Login events from SQS to masked rows in Postgres, exactly once.',
  explain: explainError,
  groups: { Commands: { drain: { summary: 'store what is in the queue', load: async () => command } } },
});
