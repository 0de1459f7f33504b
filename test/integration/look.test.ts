import { beforeEach, describe, expect, test } from 'vitest';
import { createCommand } from '../../lambda/create-command.ts';
import { type AuditResult, audit, countFindings } from '../../lambda/jobs/audit/audit.ts';
import { createLook } from '../../lambda/look-handler.ts';
import { capturedConsole } from '../support/captured-console.ts';
import { connectTo, createDatabase, type TestDatabase } from '../support/database.ts';

const CANARY = '198.51.100.77';
let printed: string[];
beforeEach(() => {
  printed = capturedConsole();
});

async function databaseWith(logins: number): Promise<TestDatabase> {
  const database = await createDatabase();
  await database.query(
    `insert into user_logins (user_id, locale, create_date) select 'user-' || i, $2, current_date from generate_series(1, $1::int) i`,
    [logins, CANARY],
  );
  return database;
}

const look = (database: TestDatabase, request: unknown) =>
  createLook({ DATABASE_URL: database.analystUrl }, 0)(request);

describe('the function for those who look', () => {
  test('counts for a report, as login_analyst, and logs the size of the answer but nothing in it', async () => {
    const database = await databaseWith(3);
    expect(await look(database, { look: 'report', days: null })).toMatchObject({ logins: 3, users: 3, keyIds: [] });
    expect(await look(database, { look: 'report', days: 1 })).toMatchObject({ logins: 3, days: 1 });
    expect(printed.join('\n')).toMatch(/"message": "look done"[^}]*"bytes": \d+\n}/);
    expect(printed.join('\n')).not.toContain(CANARY);
  });

  test('audits as login_analyst what the owner would find', async () => {
    const database = await databaseWith(2);
    const request = { look: 'audit', rows: 5 };
    const answer = (await look(database, request)) as AuditResult;
    expect(answer).toEqual(await audit(await connectTo(database.url), { rows: 5 }));
    expect(countFindings(answer)).toBe(1);
    expect(answer.found).toHaveLength(2);
    expect(JSON.stringify(answer)).not.toContain(CANARY);
  });

  test.each([
    null,
    'report',
    {},
    { look: 'toString', days: null },
    { look: 'everything' },
    { look: 'report' },
    { look: 'report', days: 0 },
    { look: 'audit' },
    { look: 'audit', rows: 1_001 },
    { look: 'report', days: `1); drop table user_logins; -- ${CANARY}` },
  ])('refuses the request %j, and logs nothing of it', async (request) => {
    await expect(look(await databaseWith(0), request)).rejects.toMatchObject({
      name: 'JobError',
      message: 'The deployed function does not know this request: deploy the release whose command you use.',
    });
    expect(printed.join('\n')).not.toContain(CANARY);
  });

  test('says what the database refuses by its code alone', async () => {
    const database = await databaseWith(1);
    await database.query('revoke select on user_logins from login_analyst');
    await expect(look(database, { look: 'report', days: null })).rejects.toMatchObject({
      name: 'JobError',
      message: 'The database cannot do this (42501).',
    });
  });

  test('gives no answer that Lambda would cut off', async () => {
    const answering = (text: string) => createCommand('look', async () => ({ text }))({});
    const room = 5_000_000 - Buffer.byteLength(JSON.stringify({ text: '' }));
    expect(await answering('x'.repeat(room))).toBeDefined();
    await expect(answering('x'.repeat(room + 1))).rejects.toThrow('larger than the 5 MB that a function can give');
  });

  test('settings that are missing or wrong are named', async () => {
    const request = { look: 'report', days: null };
    await expect(createLook({}, 0)(request)).rejects.toThrow(/DATABASE_URL is missing/);
  });
});
