import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Linux counts in hundredths of a second for every program that does not ask otherwise. */
const MS_PER_TICK = 10;

/**
 * CPU of a PostgreSQL server and its processes since it began, those that have ended included.
 *
 * @param folder that its data folder is in
 * @returns milliseconds
 */
export function postgresCpuMs(folder: string): number {
  const [pidFile = ''] = globSync('**/postmaster.pid', { cwd: folder });
  const postmaster = Number(readFileSync(join(folder, pidFile), 'utf8').split('\n')[0]);
  const processes = globSync('/proc/[0-9]*/stat')
    .map(readStat)
    .filter((stat) => stat !== undefined);
  const own = processes.filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
  const ended = processes.find(({ pid }) => pid === postmaster)?.ofEndedChildren ?? 0;
  return (own.reduce((sum, { ticks }) => sum + ticks, 0) + ended) * MS_PER_TICK;
}

/** @returns undefined for a process that has just ended */
function readStat(file: string) {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  // proc(5): the name may hold spaces and brackets, and the numbers come after its last one.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number) => fields[index - 3] ?? 0;
  return { pid: Number.parseInt(text, 10), parent: at(4), ticks: at(14) + at(15), ofEndedChildren: at(16) + at(17) };
}
