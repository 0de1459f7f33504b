import type { Environment } from '../../lambda/settings/environment.ts';
import { reasons } from '../../tools/cli/counts.ts';
import { formatCount } from '../../tools/cli/progress.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { createRunCounts, type Summary } from '../../tools/event-source/run-counts.ts';
import { openMasker } from '../../tools/keys/open-masker.ts';
import { databaseName, writeRunRecord } from '../../tools/report/run-record.ts';
import { type Input, openInput } from '../events/input.ts';
import { watchInstructions } from '../events/instructions.ts';
import { SAMPLE_EVENTS } from '../events/samples/samples.ts';
import type { DataFolder } from './data-folder.ts';
import { startLiveServer } from './live/live-server.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';
import { createRejectedEvents } from './rejected/rejected-events.ts';
import { endDeadLetters } from './rejected/save-dead-letters.ts';
import { createRepeatedReasons } from './repeated-reasons.ts';
import { printNextSteps, printReport, type RunResult } from './report.ts';
import { printReportLink } from './report-link.ts';
import { sendAll } from './send-all.ts';
import { queueDepth } from './sqs/queues.ts';
import { markTable } from './table.ts';

/** What the command line asks for. */
export interface StartOptions {
  files: readonly string[];
  json: boolean;
  watch: boolean;
  fresh: boolean;
  /** Values are sealed as well. */
  vault: boolean;
  /** Where dead letters go at the end. */
  rejected?: string | undefined;
  port?: number | undefined;
  sqsPort?: number | undefined;
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

/** Mistakes in the set-up, which a later delivery cannot fix. */
const FATAL = ['ConfigError', 'KeyMismatchError'];

/** Starts the pipeline, sends the events, waits until the queue is empty, reports; with `--watch` it then stays. */
export async function runPipeline({ options, folder, keys, env, out, interrupt }: Run): Promise<RunResult> {
  // With --watch people send events of their own, and want to see only those.
  const paths = options.files.length > 0 || options.watch ? options.files : [SAMPLE_EVENTS];
  const input = await readInput(paths, out);
  const counts = createRunCounts();
  const rejected = createRejectedEvents();
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
    port: options.port,
    sqsPort: options.sqsPort,
    onBatch({ messageIds, kept, answer, error }) {
      if (answer) {
        rejected.delivered(answer.report.deliveries);
        return onNews(counts.delivered(answer.report, kept));
      }
      const { name, message } = error as Error;
      counts.failed(messageIds, message);
      sayAgain([message]);
      if (FATAL.includes(name)) fatal.abort(new UserError(message));
    },
  });
  try {
    const since = await markTable(pipeline.databaseUrl);
    if (input.total !== 0)
      out.write(
        `Sending ${input.total === null ? 'what arrives' : `${formatCount(input.total)} events`} to the queue ...\n`,
      );
    const sent = await sendAll({ input, pipeline, counts, rejected, stop });
    fatal.signal.throwIfAborted();
    const resultNow = async (): Promise<RunResult> => {
      const depths = await depthsOf(pipeline);
      const { databaseUrl } = pipeline;
      const result = { ...counts.summary(), ...sent, ...depths, databaseUrl, since, rejectedEvents: rejected.list() };
      keepRecord(folder, env, result);
      return result;
    };
    const report = await resultNow();
    await printReport(report, options.rejected !== undefined, out);
    if (!options.json && !interrupt.aborted) await printReportLink(folder.path, env, pipeline.databaseUrl, out);
    if (!options.watch || interrupt.aborted) {
      await endDeadLetters(report.deadLettered, options, pipeline, out);
      if (!options.watch) printNextSteps(folder, out);
      return report;
    }
    out.write(watchInstructions(pipeline));
    const live = await startLiveServer({ pipeline, counts, masker: await openMasker({ ...env, ...keys }) });
    beforeStop = live.stop;
    out.write(`The same as a live page, for a browser on this machine:\n  ${live.url}\n`);
    onNews = (news) => out.write(newsLine(news));
    await untilAborted(stop);
    fatal.signal.throwIfAborted();
    out.write('\nStopping: finishing what is in flight ...\n');
    await pipeline.drain();
    const end = await resultNow();
    await endDeadLetters(end.deadLettered, options, pipeline, out);
    return end;
  } finally {
    await beforeStop();
    await pipeline.stop();
  }
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

/** Clears the progress from the terminal's line. */
function clearLine(out: NodeJS.WritableStream & { isTTY?: boolean }): string {
  return out.isTTY ? '\r\x1b[2K' : '';
}

/** Said only if it takes long enough to make somebody wonder. */
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

async function depthsOf(pipeline: Pipeline): Promise<{ pending: number; deadLettered: number }> {
  const { visible, inFlight } = await queueDepth(pipeline.sqs, pipeline.queueUrl);
  const { visible: deadLettered } = await queueDepth(pipeline.sqs, pipeline.deadLetterQueueUrl);
  return { pending: visible + inFlight, deadLettered };
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
