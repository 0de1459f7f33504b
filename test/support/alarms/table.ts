import type { Run } from './simulate.ts';

export interface TableRow {
  failure: string;
  traffic: string;
  runs: readonly Run[];
}

/** The table of infra/README.md: which alarm rings after how many minutes, the first one first. */
export function alarmTable(rows: readonly TableRow[]): string {
  const lines = rows.map(({ failure, traffic, runs }) => `| ${failure} | ${traffic} | ${rings(runs)} |`);
  return ['| what fails | traffic | rings after minutes |', '|---|---|---|', ...lines].join('\n');
}

function rings(runs: readonly Run[]): string {
  const names = [...new Set(runs.flatMap(({ rangAfter }) => Object.keys(rangAfter)))];
  const ranges = names.map((name) => {
    const minutes = runs.map(({ rangAfter }) => rangAfter[name]).filter((after) => after !== undefined);
    return { name, least: Math.floor(Math.min(...minutes)), most: Math.ceil(Math.max(...minutes)) };
  });
  return ranges
    .sort((a, b) => a.most - b.most)
    .map(({ name, least, most }) => `${name} ${least}-${most}`)
    .join(', ');
}
