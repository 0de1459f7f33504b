/**
 * A reader that has gone (`| head`), a closed terminal or a full disk must not end the process in the middle: what it
 * has begun is brought to its end. Only a reader may go without being missed.
 */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE') process.exitCode = 1;
    });
  }
}
