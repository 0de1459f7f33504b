import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { parseDatabaseUrl } from '../../lambda/store/connection/database.ts';

/** What became of the messages of one run, as `npm start` leaves it in its data folder; the table has no record of it. */
export interface RunRecord {
  /** See databaseName. */
  database: string;
  /** When the run ended; ISO 8601, UTC. */
  at: string;
  received: number;
  stored: number;
  /** Stored by an earlier delivery. */
  duplicates: number;
  /** By reason. */
  rejected: Record<string, number>;
  /** What was changed or left out in messages that were stored, by reason. */
  changed: Record<string, number>;
}

const runRecordFile = (folder: string): string => join(folder, 'last-run.json');

export function writeRunRecord(folder: string, record: RunRecord): void {
  writeFileSync(runRecordFile(folder), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** @returns null if no run on this database has ended yet */
export function readRunRecord(folder: string, database: string): RunRecord | null {
  try {
    const record: RunRecord = JSON.parse(readFileSync(runRecordFile(folder), 'utf8'));
    return record.database === database ? record : null;
  } catch {
    return null;
  }
}

/** Tells databases apart without their passwords: the embedded one of a data folder, or that of DATABASE_URL. */
export function databaseName(env: Environment): string {
  const url = env[ENV.databaseUrl];
  if (!url) return 'embedded';
  const parsed = parseDatabaseUrl(url);
  return parsed.ok ? `${parsed.parts.host}:${parsed.parts.port ?? 5432}/${parsed.parts.database}` : '';
}
