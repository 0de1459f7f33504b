import { dirname } from 'node:path';

/** What is read here of Stryker's report (mutation-testing-report-schema). Lines and columns begin at 1. */
export interface MutationReport {
  files: Readonly<Record<string, { source: string; mutants: readonly ReportedMutant[] }>>;
}

interface ReportedMutant {
  status: string;
  replacement?: string;
  location: Readonly<Record<'start' | 'end', { line: number; column: number }>>;
}

/** A change that no test notices, and why none has to. */
export interface Accepted {
  file: string;
  code: string;
  becomes: string;
  why: string;
}

export interface Mutant {
  folder: string;
  /** As in `lambda/masking/masker.ts:41`. */
  place: string;
  change: string;
  timedOut: boolean;
  survived: boolean;
  /** Whether a test ran at all: some mutants already fail where a test file is loaded. */
  counts: boolean;
  why: string | null;
}

export function readMutants({ files }: MutationReport, accepted: readonly Accepted[]): Mutant[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant): Mutant => {
      const { status, replacement = '', location } = mutant;
      const code = oneLine(cut(source, location));
      const becomes = oneLine(replacement);
      const reason = accepted.find((one) => one.file === file && one.code === code && one.becomes === becomes);
      return {
        folder: dirname(file),
        place: `${file}:${location.start.line}`,
        change: `${quoted(code)} becomes ${quoted(becomes)}`,
        timedOut: status === 'Timeout',
        survived: status === 'Survived' || status === 'NoCoverage',
        counts: ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status),
        why: reason?.why ?? null,
      };
    }),
  );
}

/** In percent. */
export function scoreOf(mutants: readonly Mutant[]): number {
  const counted = mutants.filter(({ counts }) => counts);
  return (100 * counted.filter(({ survived }) => !survived).length) / counted.length;
}

export function formatResult(mutants: readonly Mutant[], date: string, tool: string): string {
  const folders = [...new Set(mutants.map(({ folder }) => folder))].sort();
  const rows = folders.map((folder) =>
    formatRow(
      `\`${folder}\``,
      mutants.filter((one) => one.folder === folder),
    ),
  );
  const survivors = mutants.filter(({ survived }) => survived);
  const notCounted = mutants.filter(({ counts }) => !counts).length;
  return `# Mutation test of the pure code

${date}, ${tool}: \`npm run test:mutation\`, which writes this page.

| folder | mutants | noticed | of these by a time-out | survived | score |
|---|---|---|---|---|---|
${[...rows, formatRow('**all**', mutants)].join('\n')}

Not counted: ${notCounted} mutants that already fail where a test file is loaded, before a test runs.

## Survivors

| place | change | why no test has to notice |
|---|---|---|
${survivors.map(({ place, change, why }) => `| \`${place}\` | ${change} | ${why ?? '**not explained**'} |`).join('\n')}
`;
}

function formatRow(name: string, mutants: readonly Mutant[]): string {
  const counted = mutants.filter(({ counts }) => counts);
  const survived = counted.filter((one) => one.survived).length;
  const timedOut = counted.filter((one) => one.timedOut).length;
  const score = `${scoreOf(counted).toFixed(1)} %`;
  return `| ${[name, counted.length, counted.length - survived, timedOut, survived, score].join(' | ')} |`;
}

function cut(source: string, { start, end }: ReportedMutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines.push((lines.pop() ?? '').slice(0, end.column - 1));
  return [(lines.shift() ?? '').slice(start.column - 1), ...lines].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/** As code in a cell of a table. */
function quoted(text: string): string {
  return text === '' ? 'nothing' : `\`\`${text.includes('`') ? ` ${text} ` : text}\`\``.replaceAll('|', '\\|');
}
