import { createJob, type Job } from './create-job.ts';
import { ConfigError, JobError } from './errors.ts';
import { readDatabase } from './settings/database-settings.ts';
import type { Environment } from './settings/environment.ts';
import { classifyDatabaseError } from './store/connection/classify-error.ts';
import { keepTrying, WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { pruneLedger } from './store/schema/prune-ledger.ts';

/** Shorter than a function may live, so that it can say what happened. */
const LIMITS = { statement_timeout: 600_000, query_timeout: 605_000 };

/** The Lambda entry of a schedule: forgets ledger entries of messages that can no longer come again. */
export const handler = createMaintenance(process.env);

export function createMaintenance(env: Environment, waitSeconds = WAIT_SECONDS): Job<{ deleted: number }> {
  return createJob('maintenance', async (log) => {
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    try {
      const patience = { seconds: waitSeconds, say: log.waiting };
      return { deleted: await keepTrying(() => pruneLedger(database, LIMITS), patience) };
    } catch (error) {
      const classified = classifyDatabaseError(error);
      if (!classified) throw error;
      throw new JobError(
        `The ledger was not pruned to its end (database ${classified.code}); the next run goes on there.`,
      );
    }
  });
}
