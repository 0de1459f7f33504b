import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { notPseudonyms } from '../../lambda/jobs/report/facts.ts';
import { readFacts } from '../../lambda/jobs/report/read-facts.ts';
import type { RunRecord } from '../../tools/report/run-record.ts';
import { writeReport } from '../../tools/report/write-report.ts';
import { connectTo, createDatabase } from '../support/database.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';
import { closeBrowser, openPage } from './support/browser.ts';
import { flaws } from './support/looks.ts';

const RUN: RunRecord = {
  database: 'embedded',
  at: '2026-11-25T09:10:00Z',
  received: 1_003_120,
  stored: 1_000_000,
  duplicates: 412,
  rejected: { 'missing user_id': 1_204, 'wrong_type device_type': 611, not_json: 207, 'too_long user_id': 94 },
  changed: { ip_port: 40_000, placeholder_device: 12, version_unreadable: 3, cut_locale: 1, bad_text_device_type: 7 },
};
/** Markup, quotes, text that turns direction or takes much room, and names that differ only where they are cut. */
const HOSTILE = [
  '<script>document.title = 1</script>'.slice(0, 32),
  '"><img src=x onerror=alert(1)>',
  `' onload='alert(1)`,
  '</style></svg><h1>mine</h1>',
  '\u202eevil\u202c \u0007 \u200b',
  'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW',
  'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWX',
  '\u6f22'.repeat(32),
  '\u{1f600}'.repeat(32),
  'e\u0301'.repeat(16),
  '&amp;&lt;',
  '',
  '   ',
  '{{7*7}}',
];

const folder = mkdtempSync(join(tmpdir(), 'login-etl-browser-'));
afterAll(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true, force: true });
});

type Fill = (query: (sql: string, values?: unknown[]) => Promise<unknown>) => Promise<unknown>;
const many =
  (logins: number): Fill =>
  async (query) => {
    await query('select setseed(0.5)');
    await query(MANY_LOGINS, [logins]);
  };
const TABLES: Readonly<Record<string, Fill>> = {
  'no rows': async () => {},
  'one row': (query) => query(`insert into user_logins (user_id, create_date) values ('u', '2026-01-31')`),
  '100 rows': many(100),
  'a million rows': many(1_000_000),
  'hostile texts': async (query) => {
    await query(
      `insert into user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
       select text || who, text, left(text, 200), 'k1_' || md5(text), text, 2146999999, date '2024-02-28' + i::integer * 40
       from unnest($1::text[]) with ordinality as hostile (text, i), unnest(array['a', 'b']) as who`,
      [HOSTILE],
    );
  },
};

/** A4 is without its margins, at 96 dots an inch. */
const VIEWS: Readonly<Record<string, BrowserContextOptions & { isPrinted?: boolean }>> = {
  screen: { viewport: { width: 1280, height: 900 } },
  'narrow screen': { viewport: { width: 800, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 } },
  'dark phone': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  paper: { viewport: { width: 703, height: 1_000 }, isPrinted: true },
};

test.each(Object.keys(TABLES))(
  'the report of %s looks right, is alone with itself, and says what the facts say',
  async (name) => {
    const database = await createDatabase();
    await database.query(`insert into mask_keys (name, check_value) values ('k1', '00000001')`);
    await TABLES[name]?.(database.query);
    const facts = await readFacts(await connectTo(database.url), { days: null });
    const url = pathToFileURL(await writeReport(join(folder, 'report.html'), facts, RUN)).href;
    for (const [view, { isPrinted = false, ...options }] of Object.entries(VIEWS)) {
      const { page, messages, requests } = await openPage(url, options);
      if (isPrinted) await page.emulateMedia({ media: 'print' });
      const seen = await flaws(page);
      if (!isPrinted) for (const numbers of await page.locator('summary').all()) await numbers.click();
      expect({ view, flaws: [...seen, ...(await flaws(page))], messages, requests }).toEqual({
        view,
        flaws: [],
        messages: [],
        requests: [url],
      });
      await page.close();
    }
    const { page } = await openPage(url, { javaScriptEnabled: false });
    const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
    expect(await page.title()).toBe('Logins');
    expect(text).toContain('missing user_id');
    if (facts.logins === 0) return expect(text).toContain('No logins yet');
    expect(text).toContain(`${facts.logins.toLocaleString('en-US')} login`);
    expect(text).toContain(
      notPseudonyms(facts, 'masked_ip') === 0 ? '✓ Nothing but pseudonyms' : '✗ Not only pseudonyms',
    );
    for (const { pseudonym } of facts.sharedDevices.top) {
      if (pseudonym === null) throw new Error('a device is not a pseudonym');
      expect(text).toContain(pseudonym.slice(0, 15));
      expect(text).not.toContain(pseudonym.slice(0, 16));
    }
  },
);
