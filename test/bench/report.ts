import type { BundleFigures, BundleResult } from './bundle.ts';
import type { ContestantId } from './plan.ts';
import type { Spread } from './statistics.ts';
import type { SizeSummary, Target } from './summary.ts';
import type { StorageSamples } from './write-path.ts';

export interface Report {
  machine: Machine;
  quick: boolean;
  sizes: SizeSummary[];
  storage: StorageSamples;
  /** Not measured with `--ledger`. */
  bundle: BundleResult | null;
  targets: Target[];
}

export interface Machine {
  cpu: string;
  cores: number;
  platform: string;
  node: string;
  postgres: string;
}

/** In the order of the report. */
const LABELS: Readonly<Record<ContestantId, string>> = {
  'row-by-row': 'a  row by row',
  floor: 'b  floor',
  handler: 'c  handler',
  postgres: 'd  Postgres alone',
  'one-known': '   c, one known',
  'all-known': '   c, all known',
  'one-refused': '   c, one refused',
  'empty-ledger': '   c, empty ledger',
};
const IDS = Object.keys(LABELS) as ContestantId[];

/** The report for people; `--json` has the same in full. */
export function formatReport({ machine, quick, sizes, storage, bundle, targets }: Report): string {
  const { cpu, cores, platform, node, postgres } = machine;
  return [
    `${cpu}, ${cores} cores, ${platform}; Node ${node}, PostgreSQL ${postgres}`,
    ...(quick ? ['Quick run: too few rounds for more than a rough idea.'] : []),
    '',
    'From body strings to commit; median [middle half]; ratios are medians over rounds; CPU is the client process',
    '',
    ...align([HEADER, ...sizes.flatMap(sizeRows)], ['right', 'left']),
    '',
    `Bytes: ${storageText(storage)}`,
    '',
    ...(bundle ? ['Bundle', '', ...align([BUNDLE_HEADER, ...bundleRows(bundle)], ['left']), ''] : []),
    'Targets',
    '',
    ...align(targets.map(targetRow), ['left', 'right', 'left', 'left']),
  ].join('\n');
}

const HEADER = ['events', '', 'ms', '', 'events/s', 'us CPU/event', 'x d', '', 'x c', '', 'runs'];

function sizeRows({ events, contestants }: SizeSummary): string[][] {
  const rows = IDS.flatMap((id) => {
    const summary = contestants[id];
    if (!summary) return [];
    const { ms, eventsPerSecond, cpuMicrosPerEvent, ratioTo } = summary;
    const to = (other?: Spread) => (other ? [short(other.median), middleHalf(other)] : ['', '']);
    const rates = [whole(eventsPerSecond), short(cpuMicrosPerEvent)];
    const ratios = [...to(ratioTo.postgres), ...to(ratioTo.handler)];
    return [[LABELS[id], short(ms.median), middleHalf(ms), ...rates, ...ratios, `${ms.runs}`]];
  });
  return [...rows.map((row, i) => [i === 0 ? whole(events) : '', ...row]), []];
}

function storageText({ perRow, perLedgerEntry, perLedgerIndexEntry, walBytesPerEvent }: StorageSamples): string {
  return (
    `${whole(perRow)} a row of user_logins, ${whole(perLedgerEntry)} a ledger entry and ` +
    `${whole(perLedgerIndexEntry)} in its index, ${whole(walBytesPerEvent)} of write-ahead log an event in a batch of 10,000`
  );
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
