import type { SQSClient } from '@aws-sdk/client-sqs';
import type { CommandContext } from '../cli/context.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { Diagnose } from './diagnose.ts';
import type { Lease } from './lease.ts';
import type { Timing } from './queue-calls.ts';

/** The options of the dead-letter queue's commands; each command has some of them. */
export interface QueueOptions {
  queueUrl?: string | undefined;
  stage?: string | undefined;
  stack?: string | undefined;
  tryInsert: boolean;
  /** Id of the message to show. */
  id: string;
  reason?: string | undefined;
  /** Infinite if not given, like the rate. */
  limit: number;
  rate: number;
  dryRun: boolean;
  force: boolean;
  asNew: boolean;
  to?: string | undefined;
  all: boolean;
  yes: boolean;
  raw: boolean;
  out?: string | undefined;
}

/** Defaults; each command line changes what it needs to. */
export const NO_OPTIONS: QueueOptions = {
  tryInsert: false,
  id: '',
  limit: Number.POSITIVE_INFINITY,
  rate: Number.POSITIVE_INFINITY,
  dryRun: false,
  force: false,
  asNew: false,
  all: false,
  yes: false,
  raw: false,
};

/** What a test may change. */
export interface Trial {
  timing?: Partial<Timing>;
  /** Gets the client before its first call. */
  onClient?(sqs: SQSClient): void;
}

export interface QueueCommandLine extends Omit<CommandContext, 'interrupt'> {
  options: QueueOptions;
  queue: DeadLetterQueue;
  diagnose: Diagnose;
  /** Ends a command after what is in flight. */
  stop: AbortSignal;
  /** How many messages could not be seen; known once all others were. */
  hidden(): number;
  withLease<T>(work: (lease: Lease) => Promise<T>): Promise<T>;
}

export interface QueueAnswer {
  /** For programs, and the same for people. */
  json: Record<string, unknown>;
  text: string;
  /** Nothing was left or failed. */
  isComplete: boolean;
}

export type QueueCommand = (line: QueueCommandLine) => Promise<QueueAnswer>;
