import { expect, test } from 'vitest';
import { runbookAddress } from '../../infra/runbook.ts';

const PAGE = '/blob/HEAD/infra/README.md';

test('GitHub Actions says where the runbook is', () => {
  const env = { GITHUB_SERVER_URL: 'https://github.example.com', GITHUB_REPOSITORY: 'team/login-etl' };
  expect(runbookAddress(env, 'https://elsewhere.example.com/x.git')).toBe(
    `https://github.example.com/team/login-etl${PAGE}`,
  );
});

test.for([
  'https://github.com/team/login-etl.git',
  'https://github.com/team/login-etl/',
  'https://someone:token@github.com/team/login-etl.git',
  'git@github.com:team/login-etl.git',
  'github.com:team/login-etl',
  'ssh://git@github.com:22/team/login-etl.git',
])('the remote %s does, without its credentials', (remote) => {
  expect(runbookAddress({}, remote)).toBe(`https://github.com/team/login-etl${PAGE}`);
});

test.for([undefined, '', '/srv/git/login-etl.git', '../login-etl', 'file:///srv/git/login-etl.git'])(
  'the remote %s does not',
  (remote) => {
    expect(runbookAddress({}, remote)).toBeNull();
  },
);

test('half of what GitHub Actions says is not enough', () => {
  expect(runbookAddress({ GITHUB_REPOSITORY: 'team/login-etl' }, undefined)).toBeNull();
});
