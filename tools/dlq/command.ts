import type { Readable, Writable } from 'node:stream';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Environment } from '../../lambda/settings/environment.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Diagnose } from './diagnose.ts';
import type { Lease } from './lease.ts';
import type { Options } from './options.ts';
import type { Timing } from './queue-calls.ts';

/** What a command has around it: the process, or a test. */
export interface CommandContext {
  env: Environment;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable;
  /** Ends a command after what is in flight. */
  stop: AbortSignal;
  timing?: Partial<Timing>;
  /** Gets the client before its first call. */
  onClient?(sqs: SQSClient): void;
}

export interface CommandLine extends CommandContext {
  options: Options;
  queue: DeadLetterQueue;
  diagnose: Diagnose;
  withLease<T>(work: (lease: Lease) => Promise<T>): Promise<T>;
}

export interface Answer {
  /** For programs, and the same for people. */
  json: Record<string, unknown>;
  text: string;
  /** Nothing was left or failed. */
  isComplete: boolean;
}

export type Command = (line: CommandLine) => Promise<Answer>;
