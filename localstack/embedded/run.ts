import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../lambda/settings/environment.ts';
import { reasons } from '../../tools/cli/counts.ts';
import { formatCount, showProgress } from '../../tools/cli/progress.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { openMasker } from '../../tools/dlq/open-masker.ts';
import { createRunCounts, type RunCounts, type Summary } from '../../tools/event-source/run-counts.ts';
import { databaseName, writeRunRecord } from '../../tools/report/run-record.ts';
import { type Input, openInput, sendInput } from '../events/input.ts';
import { watchInstructions } from '../events/instructions.ts';
import { SAMPLE_EVENTS } from '../events/samples/samples.ts';
import type { DataFolder } from './data-folder.ts';
import { startLiveServer } from './live/live-server.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { createRepeatedReasons } from './repeated-reasons.ts';
import { printNextSteps, printReport, type RunResult } from './report.ts';
import { printReportLink } from './report-link.ts';
import { queueDepth } from './sqs/queues.ts';

/** What the command line asks for. */
export interface StartOptions {
  files: readonly string[];
  json: boolean;
  watch: boolean;
  fresh: boolean;
}

export interface Run {
  options: StartOptions;
  folder: DataFolder;
  /** The function's settings of its keys. */
  keys: Record<string, string>;
  env: Environment;
  /** For people; what a program reads is not written here. */
  out: NodeJS.WritableStream;
  /** Ends the run after what is in flight. */
  interrupt: AbortSignal;
}

/** Enough for the function never to wait, and little enough that the emulator, which looks at each, stays quick. */
const MAX_UNFINISHED = 2_000;
const POLL_MS = 20;
/** Mistakes in the set-up, which a later delivery cannot fix. */
const FATAL = ['ConfigError', 'KeyMismatchError'];

/** Starts the pipeline, sends the events, waits until the queue is empty, reports; with `--watch` it then stays. */
export async function runPipeline({ options, folder, keys, env, out, interrupt }: Run): Promise<RunResult> {
  // Whoever stays to send events of their own wants to see those alone.
  const paths = options.files.length > 0 || options.watch ? options.files : [SAMPLE_EVENTS];
  const input = await readInput(paths, out);
  const counts = createRunCounts();
  const fatal = new AbortController();
  const stop = AbortSignal.any([interrupt, fatal.signal]);
  const sayAgain = createRepeatedReasons((line) => out.write(`${clearLine(out)}${line}\n`));
  let onNews = (news: Summary): void => sayAgain(Object.keys(news.unstored));
  let beforeStop = async (): Promise<void> => {};
  out.write('Starting queue and database ...\n');
  const pipeline = await startPipeline({
    env,
    folder,
    keys,
    onBatch({ messageIds, kept, answer, error }) {
      if (answer) return onNews(counts.delivered(answer.report, kept));
      const { name, message } = error as Error;
      counts.failed(messageIds, message);
      sayAgain([message]);
      if (FATAL.includes(name)) fatal.abort(new UserError(message));
    },
  });
  try {
    out.write(
      `Sending ${input.total === null ? 'what arrives' : `${formatCount(input.total)} events`} to the queue ...\n`,
    );
    const sending = await sendAll({ input, pipeline, counts, stop });
    fatal.signal.throwIfAborted();
    const report = await collect(pipeline, counts, sending);
    keepRecord(folder, env, report);
    await printReport(report, out);
    if (!options.json && !interrupt.aborted) await printReportLink(folder.path, env, pipeline.databaseUrl, out);
    if (!options.watch) printNextSteps(folder, out);
    if (!options.watch || interrupt.aborted) return report;
    out.write(watchInstructions(pipeline));
    const live = await startLiveServer({ pipeline, counts, masker: await openMasker({ ...env, ...keys }) });
    beforeStop = live.stop;
    out.write(`The same as a live page, for a browser on this machine:\n  ${live.url}\n`);
    onNews = (news) => out.write(newsLine(news));
    await untilAborted(stop);
    fatal.signal.throwIfAborted();
    out.write('\nStopping: finishing what is in flight ...\n');
    await pipeline.drain();
    const end = await collect(pipeline, counts, sending);
    keepRecord(folder, env, end);
    if (end.deadLettered > 0) out.write(deadLettersGone(end.deadLettered));
    return end;
  } finally {
    await beforeStop();
    await pipeline.stop();
  }
}

function deadLettersGone(count: number): string {
  const which = count === 1 ? '1 dead letter is' : `${formatCount(count)} dead letters are`;
  return `${which} gone with the queue, which lives in memory: correct the events, and send them again.\n`;
}

/** For the report, which sees only rows. */
function keepRecord(
  folder: DataFolder,
  env: Environment,
  { received, stored, duplicates, rejected, changed }: RunResult,
): void {
  const at = new Date().toISOString();
  writeRunRecord(folder.path, { database: databaseName(env), at, received, stored, duplicates, rejected, changed });
}

/** Of the progress that stands on the line of a terminal. */
function clearLine(out: NodeJS.WritableStream & { isTTY?: boolean }): string {
  return out.isTTY ? '\r\x1b[2K' : '';
}

/** Said only when it takes long enough to be wondered at. */
async function readInput(paths: readonly string[], out: NodeJS.WritableStream): Promise<Input> {
  const notice = setTimeout(() => out.write('Reading the input ...\n'), 500);
  try {
    const input = await openInput(paths);
    if (input.total === 0 && paths.length > 0) out.write('The input holds no events.\n');
    return input;
  } finally {
    clearTimeout(notice);
  }
}

interface Sent {
  /** Until the queue was empty, or until it was interrupted. */
  seconds: number;
  interrupted: boolean;
}

interface Sending {
  input: Input;
  pipeline: Pipeline;
  counts: RunCounts;
  stop: AbortSignal;
}

async function sendAll({ input, pipeline, counts, stop }: Sending): Promise<Sent> {
  const { queue } = pipeline;
  const startedAt = performance.now();
  const progress = showProgress(counts.finished, input.total);
  let sent = 0;
  const whenReady = async () => {
    while (sent - counts.finished() > MAX_UNFINISHED && !stop.aborted) await sleep(POLL_MS);
  };
  const onSent = (count: number) => {
    sent += count;
  };
  try {
    await sendInput(input, { queue, whenReady, onSent, stop });
    await untilEmpty(pipeline, () => counts.received() === sent, stop);
  } finally {
    progress.end();
  }
  const interrupted = stop.aborted;
  if (interrupted) await pipeline.drain();
  return { seconds: (performance.now() - startedAt) / 1_000, interrupted };
}

/** A message is out of the queue a moment before the batch that took it is counted. */
async function untilEmpty(pipeline: Pipeline, allCounted: () => boolean, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    if (allCounted()) {
      const { visible, inFlight } = await queueDepth(pipeline.sqs, pipeline.queueUrl);
      if (visible + inFlight === 0) return;
    }
    await sleep(POLL_MS);
  }
}

async function collect(pipeline: Pipeline, counts: RunCounts, sent: Sent): Promise<RunResult> {
  const { visible, inFlight } = await queueDepth(pipeline.sqs, pipeline.queueUrl);
  const { visible: deadLettered } = await queueDepth(pipeline.sqs, pipeline.deadLetterQueueUrl);
  const { databaseUrl } = pipeline;
  return { ...counts.summary(), ...sent, deadLettered, pending: visible + inFlight, databaseUrl };
}

function newsLine(news: Summary): string {
  const parts = [
    news.stored > 0 && `${formatCount(news.stored)} stored`,
    news.duplicates > 0 && `${formatCount(news.duplicates)} stored before`,
    Object.keys(news.rejected).length > 0 && `rejected: ${reasons(news.rejected)}`,
    Object.keys(news.unstored).length > 0 && `to be tried again: ${reasons(news.unstored)}`,
  ].filter(Boolean);
  return parts.length === 0 ? '' : `${new Date().toISOString().slice(11, 19)}  ${parts.join(', ')}\n`;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
