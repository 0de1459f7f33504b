import type { BundleFigures, BundleResult } from './bundle.ts';
import type { ContestantId } from './plan.ts';
import type { Spread } from './statistics.ts';
import { IDS, type SizeSummary, type Target } from './summary.ts';

export interface Report {
  machine: Machine;
  quick: boolean;
  sizes: SizeSummary[];
  bundle: BundleResult;
  targets: Target[];
}

export interface Machine {
  cpu: string;
  cores: number;
  platform: string;
  node: string;
  postgres: string;
}

const LABELS: Readonly<Record<ContestantId, string>> = {
  'row-by-row': 'a  row by row',
  floor: 'b  floor',
  handler: 'c  handler',
};

/** The report for people; `--json` has the same in full. */
export function formatReport({ machine, quick, sizes, bundle, targets }: Report): string {
  const { cpu, cores, platform, node, postgres } = machine;
  return [
    `${cpu}, ${cores} cores, ${platform}; Node ${node}, PostgreSQL ${postgres}`,
    ...(quick ? ['Quick run: too few rounds for more than a rough idea.'] : []),
    '',
    'From body strings to commit; median [middle half]; ratios are medians over rounds',
    '',
    ...align([HEADER, ...sizes.flatMap(sizeRows)], ['right', 'left']),
    '',
    'Bundle',
    '',
    ...align([BUNDLE_HEADER, ...bundleRows(bundle)], ['left']),
    '',
    'Targets',
    '',
    ...align(targets.map(targetRow), ['left', 'right', 'left', 'left']),
  ].join('\n');
}

const HEADER = ['events', '', 'ms', '', 'events/s', 'x floor', '', 'runs'];

function sizeRows({ events, contestants }: SizeSummary): string[][] {
  const rows = IDS.map((id, i) => {
    const { ms, eventsPerSecond, ratioToFloor } = contestants[id];
    const rate = whole(eventsPerSecond);
    const ratio = id === 'floor' ? ['1', ''] : [short(ratioToFloor.median), middleHalf(ratioToFloor)];
    return [i === 0 ? whole(events) : '', LABELS[id], short(ms.median), middleHalf(ms), rate, ...ratio, `${ms.runs}`];
  });
  return [...rows, []];
}

const BUNDLE_HEADER = ['', 'kB', 'gzip kB', 'import ms', '', 'over empty ms'];

function bundleRows({ handler, sqsClient, emptyImportMs }: BundleResult): string[][] {
  const row = (label: string, { bytes, gzipBytes, importMs, overEmptyMs }: BundleFigures) => {
    const sizes = [bytes, gzipBytes].map((size) => (size / 1_000).toFixed(0));
    return [label, ...sizes, short(importMs.median), middleHalf(importMs), short(overEmptyMs)];
  };
  return [
    ['empty', '', '', short(emptyImportMs.median), middleHalf(emptyImportMs), ''],
    row('handler', handler),
    row('SQS client, loaded only where needed', sqsClient),
  ];
}

function targetRow({ name, unit, bound, limit, value, reached }: Target): string[] {
  return [name, short(value), `${unit}, ${bound} ${limit}`, reached ? 'reached' : 'NOT REACHED'];
}

/** @param sides of the columns in their order; the last stands for those that follow */
function align(rows: readonly string[][], sides: readonly ('left' | 'right')[]): string[] {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const cell = (text: string, i: number) => {
    const side = sides[i] ?? 'right';
    return side === 'left' ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  };
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd());
}

function middleHalf({ p25, p75 }: Spread): string {
  return `[${short(p25)}-${short(p75)}]`;
}

/** Three digits that count. */
function short(value: number): string {
  if (value >= 100) return whole(value);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
