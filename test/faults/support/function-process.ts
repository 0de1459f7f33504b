import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SQSEvent } from 'aws-lambda';
import type { Outcome } from '../../../lambda/batch/outcome.ts';

export interface ChildCall {
  event: SQSEvent;
  requestId: string;
  /** Milliseconds since 1970. */
  deadline: number;
  diesBeforeAnswer: boolean;
}

export interface ChildAnswer {
  /** As JSON. */
  response?: string;
  error?: string;
  /** Message id and outcome of every delivery. */
  outcomes: [string, Outcome['kind']][];
}

/** A function environment that can be killed: a process with the handler in it, started anew after its death. */
export interface FunctionProcess {
  /** One invocation at a time. Throws when it died or took too long; an error of the function is an answer. */
  invoke(event: SQSEvent): Promise<ChildAnswer>;
  kill(): void;
  /** Its next answer does not come: it is killed when the batch is committed and reported. */
  dieBeforeNextAnswer(): void;
  pid(): number | undefined;
  /** How often it died before its time. */
  deaths(): number;
  stop(): Promise<void>;
}

export interface FunctionProcessOptions {
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Told every line that it prints. */
  print(line: string): void;
}

export function createFunctionProcess(options: FunctionProcessOptions): FunctionProcess {
  let child: ChildProcess | undefined;
  let diesBeforeAnswer = false;
  let deaths = 0;
  let isStopping = false;

  function start(): ChildProcess {
    const started = startChild(options);
    started.on('exit', () => {
      if (!isStopping) deaths++;
      if (child === started) child = undefined;
    });
    return started;
  }

  return {
    async invoke(event) {
      child ??= start();
      const call = { event, requestId: randomUUID(), deadline: Date.now() + options.timeoutMs, diesBeforeAnswer };
      diesBeforeAnswer = false;
      return answerOf(child, call, options.timeoutMs);
    },
    kill: () => void child?.kill('SIGKILL'),
    dieBeforeNextAnswer() {
      diesBeforeAnswer = true;
    },
    pid: () => child?.pid,
    deaths: () => deaths,
    async stop() {
      isStopping = true;
      const stopped = child;
      if (!stopped) return;
      const closed = new Promise((done) => stopped.once('close', done));
      stopped.kill('SIGKILL');
      await closed;
    },
  };
}

function startChild({ env, print }: FunctionProcessOptions): ChildProcess {
  const child = fork(join(import.meta.dirname, 'function-child.ts'), {
    env: { PATH: process.env.PATH, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', print);
  }
  return child.on('error', () => {});
}

function answerOf(child: ChildProcess, call: ChildCall, timeoutMs: number): Promise<ChildAnswer> {
  return new Promise((done, fail) => {
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      child.off('exit', onExit).off('message', onMessage);
      finish();
    };
    const onExit = () => settle(() => fail(new Error('The function died.')));
    const onMessage = (answer: unknown) => settle(() => done(answer as ChildAnswer));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle(() => fail(new Error('The function timed out.')));
    }, timeoutMs);
    child.on('exit', onExit).on('message', onMessage);
    child.send(call, () => {});
  });
}
