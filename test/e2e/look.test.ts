import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { dataFolder, npmStart, runStart } from '../support/npm-start.ts';

const PROGRAM = fileURLToPath(new URL('../../tools/login-etl.mjs', import.meta.url));

function loginEtl(...args: string[]) {
  const { DATABASE_URL: _, ...env } = process.env;
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env });
}

const report = (...args: string[]) => loginEtl('report', ...args);

describe('login-etl report', () => {
  test('draws the table of a data folder, between two runs and while one is up', async () => {
    const folder = dataFolder();
    await runStart(['--data', folder]);
    const between = report('--data', folder);
    expect(between.status).toBe(0);
    const [link = ''] = /file:\/\/\S+report\.html/.exec(between.stdout) ?? [];
    expect(readFileSync(fileURLToPath(link), 'utf8')).toContain('<h1>99 logins of 98 users</h1>');
    const up = npmStart(['--data', folder, '--watch']);
    await up.until(/Ctrl-C stops/);
    expect(JSON.parse(report('--data', folder, '--json').stdout)).toMatchObject({ logins: 99, days: null });
    const out = join(folder, 'other.html');
    expect(report('--data', folder, '--out', out, '--days', '1').status).toBe(0);
    expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>/i);
    up.child.kill('SIGINT');
    expect(await up.exit()).toBe(0);
  });

  test.for([
    [['--data', '/nowhere/at/all'], 1, /does not exist: run npm start first, or set DATABASE_URL/],
    [['--days', '0'], 2, /--days/],
  ] as const)('refuses %j in a sentence', ([args, code, sentence]) => {
    const { status, stderr } = report(...args);
    expect(status).toBe(code);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('login-etl export and sql', () => {
  test('read the table of a data folder, between two runs and while one is up', async () => {
    const folder = dataFolder();
    await runStart(['--data', folder]);
    const rows = () => loginEtl('export', '--data', folder, '--format', 'jsonl').stdout.trimEnd().split('\n');
    const count = () => loginEtl('sql', '--data', folder, '--json', 'select count(*) from user_logins').stdout;
    const between = { rows: rows(), count: count() };
    expect(between.rows).toHaveLength(99);
    expect(between.count).toBe('{"rows":[{"count":99}]}\n');
    const up = npmStart(['--data', folder, '--watch']);
    await up.until(/Ctrl-C stops/);
    expect({ rows: rows(), count: count() }).toEqual(between);
    up.child.kill('SIGINT');
    expect(await up.exit()).toBe(0);
  });

  test.for(['export', 'sql'])('%s says so if there is no data folder', (name) => {
    const { status, stderr } = loginEtl(name, '--data', '/nowhere/at/all', ...(name === 'sql' ? ['select 1'] : []));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The data folder \S+ does not exist: run npm start first, or set DATABASE_URL\.\n$/);
  });

  test.for(['audit', 'report'])('%s makes no database in a folder that has none', (name) => {
    const folder = dataFolder();
    const { status, stderr } = loginEtl(name, '--data', folder);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `There is no database in ${folder}: run npm start first, or set DATABASE_URL.\n`,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
