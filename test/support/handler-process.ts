import { readFileSync } from 'node:fs';
import { handler } from '../../lambda/handler.ts';

/** Runs the Lambda entry on the events of standard input, one JSON text a line, and prints what it returns or throws. */
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  try {
    console.log(JSON.stringify(await handler(JSON.parse(line))));
  } catch (error) {
    // As the runtime does: with stack, cause and all that was hung on it.
    console.error(error);
  }
}
