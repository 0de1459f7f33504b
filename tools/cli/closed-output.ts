/**
 * A reader that has gone (`| head`), a closed terminal or a full disk must not end the process half way: it finishes
 * what it has begun. Only a reader may leave without that being an error.
 */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'EPIPE') process.exitCode = 1;
    });
  }
}
