import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { SERVICE } from './names.ts';

export interface JobLog {
  use(context: Context | undefined): void;
  /** @param line what the job waits for */
  waiting(line: string): void;
  /** @param result counts, names and codes */
  done(result: object): void;
  /** @param error one of our own, so that its message and stack may be printed */
  failed(error: Error): void;
}

/** For a function that does one piece of work when it is called: a line that says what came of it. */
export function createJobLog(job: string): JobLog {
  const logger = new Logger({ serviceName: SERVICE });
  return {
    use(context) {
      if (context) logger.addContext(context);
    },
    waiting: (line) => logger.warn(line),
    done: (result) => logger.info(`${job} done`, { ...result }),
    failed: ({ name, message, stack = '' }) =>
      logger.error(`${job} failed`, { error_name: name, error_message: message, stack }),
  };
}
