import { createJob, type Job } from './create-job.ts';
import { ConfigError, JobError } from './errors.ts';
import { readDatabase } from './settings/database-settings.ts';
import { ENV, type Environment } from './settings/environment.ts';
import { classifyDatabaseError } from './store/connection/classify-error.ts';
import { keepTrying, WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { pruneLedger } from './store/schema/prune-ledger.ts';
import { refreshViews } from './store/schema/refresh-views.ts';

/** Shorter than a function may live, so that it can say what happened. */
const LIMITS = { statement_timeout: 600_000, query_timeout: 605_000 };

/** The Lambda entry of a schedule: forgets ledger entries of messages that can no longer come again, and refreshes views. */
export const handler = createMaintenance(process.env);

export interface Maintained {
  deleted: number;
  /** Only if REFRESH_VIEWS asks for it. */
  viewsRefreshed?: true;
}

export function createMaintenance(env: Environment, waitSeconds = WAIT_SECONDS): Job<Maintained> {
  return createJob('maintenance', async (log) => {
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    const refresh = env[ENV.refreshViews] || 'false';
    if (!['true', 'false'].includes(refresh)) problems.push(`${ENV.refreshViews} is true or false.`);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    const patience = { seconds: waitSeconds, say: log.waiting };
    const deleted = await orJobError('The ledger was not pruned to its end', () =>
      keepTrying(() => pruneLedger(database, LIMITS), patience),
    );
    if (refresh === 'false') return { deleted };
    await orJobError('The views for analysts were not refreshed', () =>
      keepTrying(() => refreshViews(database, LIMITS), patience),
    );
    return { deleted, viewsRefreshed: true };
  });
}

/** What the database refuses becomes one sentence; the next run goes on there. */
async function orJobError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const classified = classifyDatabaseError(error);
    if (!classified) throw error;
    throw new JobError(`${what} (database ${classified.code}); the next run goes on there.`);
  }
}
