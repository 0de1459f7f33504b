import { total } from '../../cli/counts.ts';
import type { RunRecord } from '../run-record.ts';
import { count, nameOf, plural } from './format.ts';
import { type Html, html } from './html.ts';
import { bars } from './plots.ts';
import { numbers } from './tables.ts';

/** What the table cannot tell: messages that did not become rows, and what was changed or left out in those that did. */
export function messages({ at, received, stored, duplicates, rejected, changed }: RunRecord): Html {
  const before = duplicates > 0 ? `, ${count(duplicates)} stored before` : '';
  return html`<section class="wide"><h2>Messages of the last run</h2>
<p><code>npm start</code>, ended ${at.slice(0, 16).replace('T', ' ')} UTC: ${plural(received, 'message')} received, ${count(stored)} stored${before}, ${count(total(rejected))} rejected.</p>
<div class="pair">${reasons('Rejected, by reason', rejected)}
${reasons('Changed or left out, by reason', changed)}</div></section>`;
}

function reasons(title: string, counts: Readonly<Record<string, number>>): Html | null {
  const data = Object.entries(counts)
    .map(([name, logins]) => ({ name: nameOf(name), logins }))
    .sort((a, b) => b.logins - a.logins || (a.name < b.name ? -1 : 1));
  if (data.length === 0) return null;
  return html`<div><h3>${title}</h3>${bars(title, data, total(counts))}
${numbers(
  title,
  ['reason', 'messages'],
  data.map(({ name, logins }) => [name, logins]),
)}</div>`;
}
