import { surviveClosedOutput } from '../cli/closed-output.ts';
import { processContext } from '../cli/context.ts';
import { runProgram } from '../cli/program.ts';
import { explainError } from '../explain-error.ts';

/** The entry of the container: drain unless another command is named, and the commands that its database needs. */
const COMMANDS = {
  drain: {
    summary: 'store what is in the queue (the default)',
    load: async () => (await import('../drain/drain.ts')).command,
  },
  migrate: {
    summary: 'bring the database to the newest schema',
    load: async () => (await import('../migrate.ts')).command,
  },
  maintain: {
    summary: 'delete ledger entries that are no longer needed',
    load: async () => (await import('../maintain.ts')).command,
  },
};

surviveClosedOutput();
const args = process.argv.slice(2);
const isNamed = args[0] !== undefined && Object.hasOwn(COMMANDS, args[0]);
process.exitCode = await runProgram(isNamed ? args : ['drain', ...args], processContext(), {
  name: 'login-etl',
  description: 'Login events from SQS to masked rows in Postgres, exactly once.',
  explain: explainError,
  groups: { Commands: COMMANDS },
});
