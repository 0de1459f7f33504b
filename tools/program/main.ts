import { surviveClosedOutput } from '../cli/closed-output.ts';
import { processContext } from '../cli/context.ts';
import { isNpmScript } from '../cli/npm-start.ts';
import { runProgram } from '../cli/program.ts';
import { PROGRAM } from './commands.ts';

/** The entry of `npx login-etl` and `npm start`. */
surviveClosedOutput();
const context = processContext();
// npm runs its scripts in the project's folder, but file names are relative to where it was called.
if (isNpmScript('start', context.env)) process.chdir(context.env.INIT_CWD ?? '.');
const exitCode = await runProgram(process.argv.slice(2), context, PROGRAM);
process.exitCode = exitCode || process.exitCode;
