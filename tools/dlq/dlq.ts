import { onInterrupt } from '../../localstack/interrupt.ts';
import { run } from './run.ts';

/** The entry of `npm run dlq`. */
const { env, stdin, stdout, stderr } = process;
process.exitCode = await run(process.argv.slice(2), { env, stdin, stdout, stderr, stop: onInterrupt() });
