/** Ctrl-C reaches a process twice, from the terminal and from npm; only a later one means "right now". */
const SAME_SIGNAL_MS = 1_000;

/** @returns what the first Ctrl-C aborts, with the signal's name as the reason; a later one ends the process at once */
export function onInterrupt(): AbortSignal {
  const interrupt = new AbortController();
  let interruptedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      interruptedAt ??= Date.now();
      if (Date.now() - interruptedAt > SAME_SIGNAL_MS) process.exit(130);
      interrupt.abort(signal);
    });
  }
  return interrupt.signal;
}
