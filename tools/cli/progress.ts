/** Nobody needs a bar for something that is over in a moment. */
const QUIET_MS = 1_000;
const TERMINAL_INTERVAL_MS = 200;
/** A log file keeps every line, so there are fewer of them. */
const LOG_INTERVAL_MS = 5_000;

export interface Progress {
  end(): void;
}

/**
 * Shows the progress of a long run on standard error: one line that is overwritten, or a line now and then if standard
 * error is not a terminal.
 *
 * @param done how many are finished
 * @param total null if it is unknown, or not known yet
 * @param what they are
 */
export function showProgress(
  done: () => number,
  total: number | null | (() => number | null),
  what = 'events',
): Progress {
  const isTerminal = process.stderr.isTTY === true;
  const startedAt = performance.now();
  let shown = false;
  const show = () => {
    const seconds = (performance.now() - startedAt) / 1_000;
    if (seconds * 1_000 < QUIET_MS) return;
    const line = progressLine(done(), typeof total === 'function' ? total() : total, what, seconds);
    process.stderr.write(isTerminal ? `\r\x1b[2K${line}` : `${line}\n`);
    shown = true;
  };
  const timer = setInterval(show, isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
  return {
    end() {
      clearInterval(timer);
      if (shown && isTerminal) process.stderr.write('\r\x1b[2K');
    },
  };
}

/** What work is given that tells its numbers as it goes. */
export interface Counter {
  /** Of all there is, once it is known. */
  total(count: number): void;
  /** So many more are finished. */
  done(count: number): void;
}

/** Shows the progress of work that counts by itself. */
export async function withCounter<T>(what: string, work: (counter: Counter) => Promise<T>): Promise<T> {
  let total: number | null = null;
  let done = 0;
  const progress = showProgress(
    () => done,
    () => total,
    what,
  );
  const counter: Counter = {
    total(count) {
      total = count;
    },
    done(count) {
      done += count;
    },
  };
  try {
    return await work(counter);
  } finally {
    progress.end();
  }
}

function progressLine(done: number, total: number | null, what: string, seconds: number): string {
  const rate = `${formatCount(Math.round(done / seconds))} ${what}/s`;
  if (total === null) return `  ${formatCount(done)} ${what} done, ${rate}`;
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const rest = done === 0 ? '' : `, about ${Math.ceil(((total - done) * seconds) / done)} s left`;
  return `  ${formatCount(done)} of ${formatCount(total)} ${what} done (${percent} %), ${rate}${rest}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
