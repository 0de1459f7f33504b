import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { readFacts } from '../../lambda/jobs/report/read-facts.ts';
import { migrate } from '../../lambda/store/schema/migrate.ts';
import { removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { writeReport } from '../../tools/report/write-report.ts';
import { MANY_LOGINS } from '../support/many-logins.ts';
import { launchBrowser } from './support/launch-browser.ts';

/** Draws the report of made-up logins for the README: the first screen of it, in light and in dark. */
const LOGINS = 60_000;
const VIEWPORT = { width: 1_080, height: 665 };
const PICTURES = { light: '.github/report-light.png', dark: '.github/report-dark.png' } as const;

const folder = mkdtempSync(join(tmpdir(), 'login-etl-picture-'));
const postgres = await startPostgres(folder);
try {
  const report = await writeReport(join(folder, 'report.html'), await madeUpFacts(postgres.url), null);
  await draw(pathToFileURL(report).href);
} finally {
  await postgres.stop();
  removePostgres(folder);
  rmSync(folder, { recursive: true, force: true });
}

async function madeUpFacts(url: string) {
  await migrate(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select setseed(0.5)');
    await client.query(MANY_LOGINS, [LOGINS]);
    await client.query("insert into mask_keys (name, check_value) values ('k1', '00000001')");
    return await readFacts(client, { days: null });
  } finally {
    await client.end();
  }
}

async function draw(url: string): Promise<void> {
  const browser = await launchBrowser();
  for (const [colorScheme, path] of Object.entries(PICTURES) as [keyof typeof PICTURES, string][]) {
    const page = await browser.newPage({ viewport: VIEWPORT, colorScheme });
    await page.goto(url);
    await page.screenshot({ path });
    process.stdout.write(`${path}\n`);
  }
  await browser.close();
}
