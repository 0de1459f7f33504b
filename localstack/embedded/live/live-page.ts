import { byFrequency, total } from '../../../tools/cli/counts.ts';
import { count, nameOf } from '../../../tools/report/page/format.ts';
import { type Html, html, type Part } from '../../../tools/report/page/html.ts';
import { hashOf, heading, page, sections } from '../../../tools/report/page/page.ts';
import { STYLE } from '../../../tools/report/page/style.ts';
import { scrollable, table } from '../../../tools/report/page/tables.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { LiveState } from './live-state.ts';

/** Asks for news every two seconds, and replaces the parts that have changed; the others stay, with whatever is open in them. */
const SCRIPT = `
const part = (id) => document.getElementById(id);
const shown = {};
function show(parts) {
  for (const [id, markup] of Object.entries(parts)) {
    if (shown[id] !== markup) part(id).innerHTML = shown[id] = markup;
  }
}
async function refresh() {
  try {
    const answer = await fetch('/parts');
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
    part('lost').hidden = true;
  } catch {
    part('lost').hidden = false;
  }
}
document.addEventListener('click', async ({ target }) => {
  const id = target.dataset?.redrive;
  if (!id) return;
  target.disabled = true;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('/redrive', { method: 'POST', headers, body: JSON.stringify({ id }) });
  part('said').textContent = await answer.text();
  await refresh();
});
refresh();
setInterval(refresh, 2000);
`;

export const LIVE_POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; connect-src 'self'`;

/** The frame, which stays; the script fills it. */
export function livePage(): string {
  const content = html`<header id="head"><h1>Logins</h1><p>Loading ...</p></header>
<section class="wide verdict bad" id="lost" role="alert" hidden><h2>npm start has stopped</h2><p>These are its last figures.</p></section>
<section class="wide"><h2>Messages of this run</h2><p id="said" role="status"></p><div id="live"></div></section>
<div class="contents" id="figures"></div>
<footer>Refreshed every two seconds, and visible on this machine only. Rows are counted again as often as that takes no more than a twentieth of the time.</footer>`;
  return page(content, { title: 'Logins, live', policy: LIVE_POLICY, script: SCRIPT });
}

/** What stands in each part now, as markup by id. */
export function liveParts(state: LiveState): Record<string, string> {
  const { facts } = state;
  const large = html`<h1>Logins</h1><p>The table is large: <code>npx login-etl report</code> counts its rows.</p>`;
  return {
    head: (facts ? heading(facts) : large).markup,
    live: messages(state).markup,
    figures: facts ? (sections(facts)?.markup ?? '') : '',
  };
}

function messages({ summary, queue, deadLettered, deadLetters }: LiveState): Html {
  const { received, stored, duplicates, rejected, unstored } = summary;
  const tile = (name: string, value: number) => html`<div><dt>${name}</dt><dd><b>${count(value)}</b></dd></div>`;
  return html`<dl class="tiles">${tile('Waiting', queue.visible)}${tile('In flight', queue.inFlight)}${tile('Received', received)}${tile('Stored', stored)}
${duplicates > 0 && tile('Stored before', duplicates)}${tile('Rejected', total(rejected))}${tile('Dead letters', deadLettered)}</dl>
${reasons('Rejected', rejected)}${reasons('To be tried again', unstored)}
${deadLetters.length > 0 && letters(deadLetters, deadLettered)}`;
}

function reasons(title: string, counts: Readonly<Record<string, number>>): Html | null {
  const named = byFrequency(counts);
  if (named.length === 0) return null;
  return html`<p>${title}: ${named.map(([reason, number]) => `${nameOf(reason)}: ${count(number)}`).join(', ')}</p>`;
}

function letters(found: readonly DeadLetter[], all: number): Html {
  const cells = found.map(({ id, reason, sentAt, event }): Part[] => [
    reason,
    html`<td class="text">${sentAt?.slice(0, 19).replace('T', ' ') ?? '?'}</td>`,
    html`<td class="text"><code>${event === null ? 'no event' : fields(event)}</code></td>`,
    html`<td><button type="button" data-redrive="${id}" aria-label="Send back ${id}">Send back</button></td>`,
  ]);
  const cell = (name: string) => html`<th scope="col" class="text">${name}</th>`;
  const head = ['reason', cell('sent (UTC)'), cell('masked'), ''].map((name) => name || html`<td></td>`);
  return html`<h3>Dead letters${found.length < all && `, ${count(found.length)} of ${count(all)}`}</h3>
${scrollable('Dead letters', table(head, cells))}`;
}

function fields(event: Readonly<Record<string, unknown>>): string {
  return Object.entries(event)
    .map(([name, value]) => `${name}: ${nameOf(value === null ? null : String(value))}`)
    .join(', ');
}
