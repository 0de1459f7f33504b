import { describe, expect, test } from 'vitest';
import { type Facts, sharingOf } from '../../lambda/jobs/report/facts.ts';
import { days, nameOf, percent, usersOf } from '../../tools/report/page/format.ts';
import { html } from '../../tools/report/page/html.ts';
import { hashOf, reportPage } from '../../tools/report/page/page.ts';

const NOBODY = { top: [], others: { names: 0, logins: 0 } };
const EVIL = `</style><script>alert("1")</script>'&\u202e\u0000`;

function factsWith(text: string): Facts {
  const ranking = { top: [{ name: text, logins: 3 }], others: { names: 2, logins: 1 } };
  const top = [{ pseudonym: text, users: 2, logins: 3, first: '2026-01-01', last: '2026-01-02' }];
  const shared = sharingOf([{ users: 2, pseudonyms: 1, logins: 3 }], top);
  return {
    at: '2026-01-02T10:00:00Z',
    days: null,
    logins: 4,
    users: 2,
    first: '2026-01-01',
    last: '2026-01-02',
    undated: 0,
    unit: 'day',
    periods: [{ day: '2026-01-01', name: text, is_rest: false, logins: 4 }],
    devices: ranking,
    versions: ranking,
    locales: ranking,
    sharedDevices: shared,
    sharedIps: shared,
    keyIds: [text],
    forms: [],
    ipLike: { user_id: 0, device_type: 0, locale: 0 },
    access: { grants: 0, logSettings: 0 },
  };
}

test('markup is what stands in the template, and everything else is text', () => {
  expect(html`<b>${EVIL}</b>${html`<i>${1}</i>`}${[null, false, 'x']}`.markup).toBe(
    `<b>&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;\ufffd\ufffd</b><i>1</i>x`,
  );
});

test('a page has no markup, no invisible character and no script of those who send logins', () => {
  const run = {
    database: '',
    at: EVIL,
    received: 1,
    stored: 1,
    duplicates: 0,
    rejected: { [EVIL]: 1 },
    changed: { [EVIL]: 1 },
  };
  const page = reportPage(factsWith(EVIL), run);
  expect(page.match(/<script|<\/style>/g)).toEqual(['</style>']);
  expect(page).not.toMatch(/[\u202e\0]/);
  expect(page).toContain('&lt;script&gt;');
});

test('a page lets in its one style, and nothing else', () => {
  const page = reportPage(factsWith('x'), null);
  const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(page) ?? [];
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  expect(policy?.replaceAll('&#39;', "'")).toBe(
    `default-src 'none'; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`,
  );
  expect(page).not.toMatch(/\sstyle=|\son[a-z]+=|(?:src|href)=|url\(|@import/i);
});

test('the line of the audit tells of values, grants and log settings', () => {
  const facts = { ...factsWith('k1'), forms: [] };
  expect(reportPage(facts, null)).toMatch(/verdict good"><h2>✓ Nothing but pseudonyms<\/h2>/);
  const open = reportPage({ ...facts, access: { grants: 2, logSettings: 1 } }, null);
  expect(open).toMatch(/verdict bad"><h2>✓ Nothing but pseudonyms, and 3 other findings<\/h2>/);
  expect(open).toContain(
    '2 grants, memberships or attributes that should not be there, 1 setting by which values reach',
  );
  expect(open).toContain('<code>npx login-etl audit</code> lists them.');
});

test('the SQL for a closer look is a command only if the command reaches the table', () => {
  const pseudonym = `k1_${'0'.repeat(32)}`;
  expect(reportPage(factsWith(pseudonym), null)).toContain('<code>npx login-etl sql &quot;select user_id, count(*)');
  expect(reportPage(factsWith(pseudonym), null, 'stage')).toContain('<code>select user_id, count(*)');
});

test('an empty table is a page too', () => {
  const empty: Facts = {
    ...factsWith('x'),
    logins: 0,
    users: 0,
    first: null,
    last: null,
    periods: [],
    devices: NOBODY,
  };
  expect(reportPage(empty, null)).toContain('No logins yet');
});

describe('users per pseudonym', () => {
  test('fall into buckets that are all there, empty ones too', () => {
    const counts = [
      { users: 1, pseudonyms: 7, logins: 9 },
      { users: 4, pseudonyms: 2, logins: 8 },
      { users: 9, pseudonyms: 1, logins: 9 },
      { users: 10, pseudonyms: 1, logins: 10 },
    ];
    const { pseudonyms, shared, histogram } = sharingOf(counts, []);
    expect({ pseudonyms, shared }).toEqual({ pseudonyms: 11, shared: 4 });
    expect(histogram.map(({ from, to, pseudonyms, logins }) => [from, to, pseudonyms, logins])).toEqual([
      [1, 1, 7, 9],
      [2, 2, 0, 0],
      [3, 3, 0, 0],
      [4, 4, 2, 8],
      [5, 9, 1, 9],
      [10, 19, 1, 10],
    ]);
  });

  test('lose nobody: no user counts as one, and the last bucket is open', () => {
    const { histogram } = sharingOf(
      [
        { users: 0, pseudonyms: 3, logins: 3 },
        { users: 5_000, pseudonyms: 1, logins: 6_000 },
      ],
      [],
    );
    expect(histogram[0]).toEqual({ from: 1, to: 1, pseudonyms: 3, logins: 3 });
    expect(histogram.at(-1)).toEqual({ from: 1_000, to: null, pseudonyms: 1, logins: 6_000 });
    expect(histogram).toHaveLength(10);
  });
});

test.each([
  [0, 0, '0 %'],
  [0, 10, '0.0 %'],
  [1, 3, '33.3 %'],
  [1, 1_000_000, '<0.1 %'],
  [999_999, 1_000_000, '>99.9 %'],
  [10, 10, '100.0 %'],
])('%i of %i is %s', (part, whole, text) => {
  expect(percent(part, whole)).toBe(text);
});

test('texts nobody would see have a word instead', () => {
  expect([nameOf(null), nameOf(''), nameOf('  '), nameOf('a\u200bb\ud800')]).toEqual([
    '(none)',
    '(blank)',
    '(blank)',
    'a\ufffdb\ufffd',
  ]);
});

test('days and buckets are written as people write them', () => {
  expect([
    days('2026-01-01', '2026-01-01'),
    days('2026-01-01', '2026-02-03'),
    days('2025-12-31', '2026-01-01'),
  ]).toEqual(['2026-01-01', '2026-01-01 – 02-03', '2025-12-31 – 2026-01-01']);
  const bucket = { pseudonyms: 0, logins: 0 };
  expect([
    usersOf({ from: 1, to: 1, ...bucket }),
    usersOf({ from: 5, to: 9, ...bucket }),
    usersOf({ from: 1_000, to: null, ...bucket }),
  ]).toEqual(['1 user', '5–9 users', '1,000 or more users']);
});
