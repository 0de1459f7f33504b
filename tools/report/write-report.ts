import { join } from 'node:path';
import { Readable } from 'node:stream';
import { writePrivateFile } from '../database/write-file.ts';
import type { Facts } from './facts.ts';
import type { RunRecord } from './run-record.ts';

/** The file that it is written to by default. */
export const reportFile = (folder: string): string => join(folder, 'report.html');

/** @returns the file's absolute path */
export async function writeReport(file: string, facts: Facts, run: RunRecord | null): Promise<string> {
  // The library that draws takes half a second to load.
  const { reportPage } = await import('./page/page.ts');
  return writePrivateFile(file, Readable.from([reportPage(facts, run)]));
}
