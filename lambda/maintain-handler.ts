import { createJob, type Job } from './create-job.ts';
import { ConfigError, JobError } from './errors.ts';
import { eraseBefore, type OldErased } from './jobs/erase/erase-old.ts';
import { readDatabase } from './settings/database-settings.ts';
import { ENV, type Environment } from './settings/environment.ts';
import { readEraseAfterDays } from './settings/erase-after-days.ts';
import { classifyDatabaseError } from './store/connection/classify-error.ts';
import type { DatabaseConfig } from './store/connection/database.ts';
import { keepTrying, type Patience, WAIT_SECONDS } from './store/connection/keep-trying.ts';
import { withSession } from './store/connection/with-session.ts';
import { pruneLedger } from './store/schema/prune-ledger.ts';
import { refreshViews } from './store/schema/refresh-views.ts';

/** Shorter than a function may live, so that it can say what happened. */
const LIMITS = { statement_timeout: 600_000, query_timeout: 605_000 };

/** The Lambda entry of a schedule: forgets ledger entries of messages that can no longer come again, erases what is old, refreshes views. */
export const handler = createMaintenance(process.env);

export interface Maintained {
  deleted: number;
  /** Only if REFRESH_VIEWS asks for it. */
  viewsRefreshed?: true;
  /** Only if ERASE_AFTER_DAYS says after how many. */
  erased?: OldErased;
}

export function createMaintenance(env: Environment, waitSeconds = WAIT_SECONDS): Job<Maintained> {
  return createJob('maintenance', async (log) => {
    const problems: string[] = [];
    const database = readDatabase(env, problems);
    const refresh = env[ENV.refreshViews] || 'false';
    if (!['true', 'false'].includes(refresh)) problems.push(`${ENV.refreshViews} is true or false.`);
    const eraseAfterDays = readEraseAfterDays(env, problems);
    if (problems.length > 0 || !database) throw new ConfigError(problems);
    const patience = { seconds: waitSeconds, say: log.waiting };
    const deleted = await orJobError('The ledger was not pruned to its end', () =>
      keepTrying(() => pruneLedger(database, LIMITS), patience),
    );
    const erased = eraseAfterDays === null ? {} : { erased: await eraseOlderThan(eraseAfterDays, database, patience) };
    if (refresh === 'false') return { deleted, ...erased };
    await orJobError('The views for analysts were not refreshed', () =>
      keepTrying(() => refreshViews(database, LIMITS), patience),
    );
    return { deleted, ...erased, viewsRefreshed: true };
  });
}

const MS_PER_DAY = 86_400_000;

function eraseOlderThan(days: number, database: DatabaseConfig, patience: Patience): Promise<OldErased> {
  const day = new Date(Date.now() - days * MS_PER_DAY).toISOString().slice(0, 10);
  return orJobError('What is old was not erased to its end', () =>
    keepTrying(() => withSession(database, LIMITS, (client) => eraseBefore(client, day)), patience),
  );
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
