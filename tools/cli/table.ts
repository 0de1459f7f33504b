/** Text in columns, two spaces apart; `·` stands for a missing value. */
export function textTable(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const lines = [columns, ...rows.map((row) => row.map((value) => value ?? '·'))];
  const widths = columns.map((_, i) => lines.reduce((widest, line) => Math.max(widest, line[i]?.length ?? 0), 0));
  const padded = (line: readonly string[]) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return lines.map((line) => `${padded(line).trimEnd()}\n`).join('');
}
