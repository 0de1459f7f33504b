import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Facts } from '../../lambda/jobs/report/facts.ts';
import { writePrivateFile } from '../database/write-file.ts';
import type { RunRecord } from './run-record.ts';

/** The file that it is written to by default. */
export function reportFile(folder: string, stage?: string): string {
  return join(folder, stage === undefined ? 'report.html' : `report-${stage}.html`);
}

/** @returns the file's absolute path */
export async function writeReport(
  file: string,
  facts: Facts,
  run: RunRecord | null,
  source?: 'here' | 'stage',
): Promise<string> {
  // The library that draws takes half a second to load.
  const { reportPage } = await import('./page/page.ts');
  return writePrivateFile(file, Readable.from([reportPage(facts, run, source)]));
}
