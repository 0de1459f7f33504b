import { surviveClosedOutput } from '../cli/closed-output.ts';
import { onInterrupt } from '../cli/interrupt.ts';
import { run } from './run.ts';

/** The entry of `npm run dlq`. */
const { env, stdin, stdout, stderr } = process;
surviveClosedOutput();
const stop = onInterrupt();
stop.addEventListener('abort', () => {
  stderr.write('Giving back what was taken; Ctrl-C again ends at once, and leaves it hidden for up to 15 minutes.\n');
});
const exitCode = await run(process.argv.slice(2), { env, stdin, stdout, stderr, stop });
process.exitCode = exitCode || process.exitCode;
