import { createHash } from 'node:crypto';
import type { Facts } from '../../../lambda/jobs/report/facts.ts';
import type { RunRecord } from '../run-record.ts';
import { days, plural } from './format.ts';
import { Html, html } from './html.ts';
import { messages } from './messages.ts';
import { overTime, ranking, type Source, sharing, tiles, verdict } from './sections.ts';
import { STYLE } from './style.ts';

/** One HTML document that needs no network, and in which no script runs whatever producers have written. */
export function reportPage(facts: Facts, run: RunRecord | null, source: Source = 'here'): string {
  const content = html`<header>${heading(facts)}</header>
${sections(facts, source)}
${run && messages(run)}
${facts.logins > 0 && verdict(facts)}
<footer>One snapshot of <code>user_logins</code>, ${time(facts.at)} UTC, by <code>npx login-etl report</code>. Pseudonyms are cut to twelve digits, and users are not named: what leaves the database also leaves its access control.</footer>`;
  return page(content, { title: 'Logins', policy: `default-src 'none'; style-src ${hashOf(STYLE)}` });
}

export function heading(facts: Facts): Html {
  return html`<h1>${headline(facts)}</h1><p>${subtitle(facts)}</p>`;
}

/** What there is to see of the rows. */
export function sections(facts: Facts, source: Source = 'here'): Html | null {
  if (facts.logins === 0) return null;
  return html`${tiles(facts)}
${overTime(facts)}
${ranking('App versions', 'version', facts.versions, facts.logins)}
${ranking('Locales', 'locale', facts.locales, facts.logins)}
${sharing('masked_device_id', facts.sharedDevices, source)}
${sharing('masked_ip', facts.sharedIps, source)}`;
}

function headline({ logins, users }: Facts): string {
  return logins === 0 ? 'No logins yet' : `${plural(logins, 'login')} of ${plural(users, 'user')}`;
}

function subtitle({ logins, first, last, at, days: asked }: Facts): Html {
  const window = asked === null ? '' : `, ${asked === 1 ? 'today' : `the last ${asked} days`} only`;
  if (logins === 0) return html`<code>npm start</code> brings some. ${time(at)} UTC${window}`;
  return html`${days(first, last)}${window} · as of ${time(at)} UTC`;
}

const time = (at: string) => at.slice(0, 16).replace('T', ' ');

export function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

interface Frame {
  title: string;
  /** Content security policy; base and form targets are closed besides. */
  policy: string;
  /** Its hash has to be in the policy. */
  script?: string;
}

/** @param content of `main`, which foreign text has reached only escaped */
export function page(content: Html, { title, policy, script }: Frame): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${content}
</main>
${script !== undefined && html`<script>${new Html(script)}</script>`}
</body>
</html>
`.markup;
}
