import { readFileSync } from 'node:fs';

/** Runs the given Lambda entry on the events of standard input, one a line, and prints what it returns or throws. */
const { handler } = await import(`../../lambda/${process.argv[2]}`);
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  try {
    console.log(JSON.stringify(await handler(JSON.parse(line))));
  } catch (error) {
    // As the runtime does: with stack, cause and all that was hung on it.
    console.error(error);
  }
}
