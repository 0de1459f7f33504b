import {
  type Cluster,
  type Facts,
  notPseudonyms,
  type Ranking,
  type Sharing,
  withValue,
} from '../../../lambda/jobs/report/facts.ts';
import type { PseudonymColumn } from '../../../lambda/jobs/report/queries.ts';
import { count, days, nameOf, percent, plural, usersOf } from './format.ts';
import { type Html, html } from './html.ts';
import { type Bar, bars, COLOURS, loginsOverTime, type Period, REST_COLOUR, usersPer } from './plots.ts';
import { numbers, scrollable, table } from './tables.ts';

export function tiles(facts: Facts): Html {
  const { logins, users, sharedDevices, sharedIps } = facts;
  const tile = (name: string, value: number, note: string) =>
    html`<div><dt>${name}</dt><dd><b>${count(value)}</b><small>${note}</small></dd></div>\n`;
  const without = (column: PseudonymColumn) => logins - withValue(facts, column);
  const missing = (column: PseudonymColumn) => `${percent(without(column), logins)} of the logins`;
  return html`<dl class="tiles">
${tile('Logins', logins, days(facts.first, facts.last))}${tile('Users', users, `${(logins / Math.max(1, users)).toFixed(1)} logins each`)}
${tile('Devices', sharedDevices.pseudonyms, `${count(sharedDevices.shared)} with several users`)}
${tile('IP addresses', sharedIps.pseudonyms, `${count(sharedIps.shared)} with several users`)}
${tile('Without device', without('masked_device_id'), missing('masked_device_id'))}
${tile('Without IP', without('masked_ip'), missing('masked_ip'))}
</dl>`;
}

export function overTime({ periods, devices, unit, logins, at, undated }: Facts): Html {
  // By name, so that a device type keeps its colour from report to report.
  const labels = uniqueLabels(devices.top.map(({ name }) => name));
  const names = [...labels.values()].sort();
  const others = `${plural(devices.others.names, 'other')}`;
  const colours = names.map((name, i) => ({ name, colour: COLOURS[i] ?? REST_COLOUR }));
  if (devices.others.names > 0) colours.push({ name: others, colour: REST_COLOUR });
  const data = periods.map(({ day, name, is_rest, logins }): Period => {
    return { day, device: is_rest ? others : (labels.get(name) ?? ''), logins };
  });
  const totals = Map.groupBy(data, ({ device }) => device);
  const legend = colours.map(({ name, colour }) => {
    const share = percent(sum(totals.get(name) ?? []), logins);
    return html`<li><svg viewBox="0 0 11 11" aria-hidden="true"><rect width="11" height="11" rx="2" fill="${colour}"/></svg>${name} <span>${share}</span></li>`;
  });
  const rows = data.map(({ day, device, logins }) => [day, device, logins]);
  return html`<section class="wide days"><h2>Logins by ${unit}</h2>
<p>${busiest(data, unit, at)}${undated > 0 && ` ${plural(undated, 'login')} without a day not shown.`}</p>
<ul class="legend">${legend}</ul>
${scrollable(`Logins by ${unit}, picture`, loginsOverTime(data, unit, colours))}
${numbers(`Logins by ${unit}`, [unit === 'day' ? 'day' : `${unit} from`, 'device type', 'logins'], rows)}</section>`;
}

/** Texts that differ may look alike. */
function uniqueLabels(names: readonly (string | null)[]): Map<string | null, string> {
  const labels = new Map<string | null, string>();
  for (const name of names) {
    const alike = names.slice(0, labels.size).filter((other) => nameOf(other) === nameOf(name)).length;
    labels.set(name, alike === 0 ? nameOf(name) : `${nameOf(name)} (${alike + 1})`);
  }
  return labels;
}

/** An unfinished last period must not look like a drop. */
function busiest(data: readonly Period[], unit: string, at: string): string {
  const totals = [...Map.groupBy(data, ({ day }) => day)].map(([day, parts]) => ({ day, logins: sum(parts) }));
  const [most] = totals.toSorted((a, b) => b.logins - a.logins);
  const last = totals.at(-1);
  if (!most || !last) return '';
  const lengths: Record<string, number> = { day: 1, week: 7, month: 31 };
  const isOver = Date.parse(at) - Date.parse(last.day) >= (lengths[unit] ?? 1) * 86_400_000;
  const start = unit === 'day' ? '' : ', starting';
  return `Busiest ${unit}${start}: ${most.day}, ${count(most.logins)} logins.${isOver ? '' : ` The last ${unit} is not over.`}`;
}

export function ranking(title: string, what: string, { top, others }: Ranking, logins: number): Html {
  const shown: Bar[] = top.map(({ name, logins }) => ({ name: nameOf(name), logins }));
  if (others.names > 0) shown.push({ name: plural(others.names, 'other'), logins: others.logins, isRest: true });
  return html`<section><h2>${title}</h2><p>${plural(top.length + others.names, what)}, logins of each</p>
${bars(`Logins by ${what}`, shown, logins)}
${numbers(
  title,
  [what, 'logins'],
  shown.map(({ name, logins }) => [name, logins]),
)}</section>`;
}

/** Where the table is: "npx login-etl sql" does not reach the one of a stage. */
export type Source = 'here' | 'stage';

/** What is shared, as names for people. */
const SHARED = {
  masked_device_id: { one: 'device', many: 'devices', title: 'Devices' },
  masked_ip: { one: 'IP address', many: 'IP addresses', title: 'IP addresses' },
} as const;

export function sharing(
  column: PseudonymColumn,
  { pseudonyms, shared, histogram, top }: Sharing,
  source: Source,
): Html {
  const { one, many, title } = SHARED[column];
  const rows = histogram.map((bucket) => [usersOf(bucket), bucket.pseudonyms, bucket.logins]);
  return html`<section><h2>Users per ${one}</h2>
<p>${count(shared)} of ${plural(pseudonyms, one, many)} (${percent(shared, pseudonyms)}) have more than one user. The scale is logarithmic.</p>
${histogram.length > 0 && usersPer(`Users per ${one}, on a logarithmic scale`, histogram)}
${numbers(`Users per ${one}`, ['users', many, 'logins'], rows)}</section>
<section><h2>${title} with the most users</h2>
${top.length === 0 ? html`<p>No ${one} has more than one user.</p>` : clusters(column, top, source)}</section>`;
}

/** Twelve of the digits: among ten million pseudonyms two share them about once in six tables. */
const SHOWN_DIGITS = 12;

const shorten = (pseudonym: string) => pseudonym.slice(0, pseudonym.indexOf('_') + 1 + SHOWN_DIGITS);

function clusters(column: PseudonymColumn, top: readonly Cluster[], source: Source): Html {
  const most = top[0]?.users ?? 1;
  const bar = (users: number) =>
    html`<td class="bar"><svg viewBox="0 0 64 10" aria-hidden="true"><rect width="${Math.max(1, (64 * users) / most).toFixed(1)}" height="10" rx="2"/></svg></td>`;
  const cells = top.map(({ pseudonym, users, logins, first, last }) => [
    pseudonym === null ? 'not a pseudonym' : html`<code>${shorten(pseudonym)}</code>`,
    bar(users),
    html`<td>${count(users)}</td>`,
    html`<td>${count(logins)}</td>`,
    html`<td>${days(first, last)}</td>`,
  ]);
  const head = [column, html`<th scope="col" colspan="2">users</th>`, 'logins', 'days'];
  return html`${scrollable(`${SHARED[column].title} with the most users`, table(head, cells))}${whoUses(column, top, source)}`;
}

function whoUses(column: PseudonymColumn, [first]: readonly Cluster[], source: Source): Html | null {
  if (!first?.pseudonym) return null;
  const sql = `select user_id, count(*) from user_logins where starts_with(${column}, '${shorten(first.pseudonym)}') group by 1 order by 2 desc limit 20`;
  return html`<h3>Who uses the first one</h3><pre><code>${source === 'here' ? `npx login-etl sql "${sql}"` : sql}</code></pre>`;
}

/** For a security officer: is there anything but pseudonyms where pseudonyms belong? */
export function verdict(facts: Facts): Html {
  const { keyIds, ipLike, logins, access } = facts;
  if (keyIds === null) {
    return html`<section class="wide verdict"><h2>Pseudonyms not checked</h2><p>This role may not read which mask keys there are: grant it <code>select (name, created_at) on mask_keys</code>.</p></section>`;
  }
  const wrong = (['masked_ip', 'masked_device_id'] as const).map((column) => ({
    column,
    rows: notPseudonyms(facts, column),
  }));
  const likeIps = Object.entries(ipLike).map(([column, rows]) => ({ column, rows }));
  const besides = access.grants + access.logSettings;
  const isGood = [...wrong, ...likeIps].every(({ rows }) => rows === 0);
  const list = (counts: { column: string; rows: number }[]) =>
    counts.map(({ column, rows }, i) => html`${i > 0 && ', '}<code>${column}</code> ${count(rows)}`);
  const text = facts.forms
    .filter(({ column, form }) => column === 'masked_ip' && form.endsWith('t'))
    .reduce((all, { logins }) => all + logins, 0);
  return html`<section class="wide verdict ${isGood && besides === 0 ? 'good' : 'bad'}"><h2>${isGood ? '✓ Nothing but pseudonyms' : '✗ Not only pseudonyms'}${besides > 0 && `, and ${plural(besides, 'other finding')}`}</h2>
<p>Of ${plural(logins, 'row')}, by form: values that are no pseudonym of a known key: ${list(wrong)}. Something like an IPv4 address: ${list(likeIps)}.
Known keys: ${keyIds.length === 0 ? 'none' : keyIds.map((id, i) => html`${i > 0 && ', '}<code>${id}</code>`)}.${keyIds.length > 1 && ' One value has different pseudonyms under different keys.'}${text > 0 && ` ${plural(text, 'login has', 'logins have')} text in ip that is not an address.`}</p>
<p>Besides values: ${plural(access.grants, 'grant, membership or attribute', 'grants, memberships or attributes')} that should not be there, ${plural(access.logSettings, 'setting')} by which values reach the server's log. ${besides > 0 && html`<code>npx login-etl audit</code> lists them.`}</p></section>`;
}

function sum(counts: readonly { logins: number }[]): number {
  return counts.reduce((total, { logins }) => total + logins, 0);
}
