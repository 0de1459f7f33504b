import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createHandler } from '../lambda/create-handler.ts';
import { ENV } from '../lambda/settings/environment.ts';
import { migrate } from '../lambda/store/schema/migrate.ts';

/**
 * The Lambda entry on LocalStack, which runs no custom resources: there the function itself applies the migrations,
 * before its first batch. Everything after that is what AWS runs.
 */
const handleBatch = createHandler(process.env);
let migrated: Promise<void> | undefined;

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  migrated ??= applyMigrations(process.env[ENV.databaseUrl]);
  await migrated;
  return handleBatch(event, context);
}

/** What fails is tried again with the next batch; the write then says that the database is not ready. */
async function applyMigrations(databaseUrl: string | undefined): Promise<void> {
  if (!databaseUrl) return;
  try {
    await migrate(databaseUrl);
  } catch (error) {
    migrated = undefined;
    // Migrations handle no rows, so their errors quote none.
    console.error(`The migrations could not be applied: ${error instanceof Error ? error.message : 'unknown error'}`);
  }
}
