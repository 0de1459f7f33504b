import { count } from './format.ts';
import { Html, html, type Part } from './html.ts';

export type Cell = string | number;

/** The picture's numbers, for screen readers and for copying. */
export function numbers(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  return html`<details><summary>Numbers</summary>${scrollable(
    title,
    table(
      head,
      rows.map((row) => row.map(cell)),
    ),
  )}</details>`;
}

/**
 * @param head text, or a cell of its own
 * @param cells those of each row, the first of which names it
 */
export function table(head: readonly Part[], cells: readonly (readonly Part[])[]): Html {
  const row = ([name, ...rest]: readonly Part[]) => html`<tr><th scope="row">${name ?? null}</th>${rest}</tr>\n`;
  const heads = head.map((name) => (name instanceof Html ? name : html`<th scope="col">${name}</th>`));
  return html`<table><thead><tr>${heads}</tr></thead><tbody>${cells.map(row)}</tbody></table>`;
}

function cell(value: Cell, i: number): Part {
  const text = typeof value === 'number' ? count(value) : value;
  return i === 0 ? text : html`<td>${text}</td>`;
}

/** What may be wider than a phone scrolls on its own, by the keyboard as well. */
export function scrollable(name: string, inside: Part): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${name}">${inside}</div>`;
}
