import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { SQSEvent } from 'aws-lambda';
import type { BatchReport, FunctionAnswer } from '../../../tools/event-source/run-counts.ts';

export interface Invocation {
  event: SQSEvent;
  requestId: string;
  /** Milliseconds since 1970. */
  deadline: number;
}

export type InvocationResult =
  /** `response` is JSON, which is all that leaves a Lambda. */
  { ok: true; response: string | undefined; report: BatchReport } | { ok: false; name: string; message: string };

export interface FunctionEnvironment {
  /** One invocation at a time. Throws what the function threw, or that it took too long or died. */
  invoke(event: SQSEvent): Promise<FunctionAnswer>;
  stop(): Promise<void>;
}

export interface FunctionOptions {
  env: Record<string, string>;
  timeoutMs: number;
  /** What the function prints, which on AWS goes to CloudWatch. */
  logFile: string;
}

/** One function environment: a thread with the Lambda handler in it, replaced when it times out or dies. */
export function createFunctionEnvironment(options: FunctionOptions): FunctionEnvironment {
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  let thread: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./function-thread.ts', import.meta.url), {
      env: options.env,
      stdout: true,
      stderr: true,
    });
    started.stdout.pipe(log, { end: false });
    started.stderr.pipe(log, { end: false });
    // Also between two invocations, when nobody else listens.
    started.on('error', () => {});
    started.on('exit', () => {
      if (thread === started) thread = undefined;
    });
    return started;
  }

  async function discard(): Promise<void> {
    const discarded = thread;
    thread = undefined;
    await discarded?.terminate();
  }

  return {
    async invoke(event) {
      thread ??= start();
      const answer = await answerOf(thread, event, options.timeoutMs).catch(async (error) => {
        await discard();
        throw error;
      });
      if (!answer.ok) throw Object.assign(new Error(answer.message), { name: answer.name });
      const response = answer.response === undefined ? undefined : JSON.parse(answer.response);
      return { response, report: answer.report };
    },
    async stop() {
      await discard();
      await new Promise<void>((done) => log.end(done));
    },
  };
}

function answerOf(thread: Worker, event: SQSEvent, timeoutMs: number): Promise<InvocationResult> {
  return new Promise((done, fail) => {
    const onExit = () => settle(() => fail(new Error('The function died.')));
    const onError = (error: Error) => settle(() => fail(new Error(`The function died of ${error.name}.`)));
    const timer = setTimeout(
      () => settle(() => fail(new Error(`The function timed out after ${timeoutMs} ms.`))),
      timeoutMs,
    );
    const onMessage = (answer: InvocationResult) => settle(() => done(answer));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      thread.off('exit', onExit).off('error', onError).off('message', onMessage);
      finish();
    };
    thread.on('exit', onExit).on('error', onError).on('message', onMessage);
    const invocation: Invocation = { event, requestId: randomUUID(), deadline: Date.now() + timeoutMs };
    thread.postMessage(invocation);
  });
}
