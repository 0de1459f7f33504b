import { expect, test } from 'vitest';
import { createIamToken } from '../../lambda/store/connection/iam-token.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';

const WHERE = { host: 'db.example', port: '6432', user: 'login_writer', database: 'logins' };

function read(token: string) {
  const url = new URL(`https://${token}`);
  return { place: url.host + url.pathname, parameters: Object.fromEntries(url.searchParams) };
}

test('a token names host, port, user and region, and is good for 15 minutes', async () => {
  stubAwsEnvironment();
  expect(read(await createIamToken(WHERE)())).toEqual({
    place: 'db.example:6432/',
    parameters: {
      Action: 'connect',
      DBUser: 'login_writer',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': expect.stringMatching(/^AKIDTEST\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/),
      'X-Amz-Date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'X-Amz-Expires': '900',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'X-Amz-SignedHeaders': 'host',
    },
  });
});

test('the port is 5432 where the URL names none', async () => {
  stubAwsEnvironment();
  expect(read(await createIamToken({ ...WHERE, port: '' })()).place).toBe('db.example:5432/');
});

test('a token carries the session of credentials that end', async () => {
  stubAwsEnvironment({ AWS_SESSION_TOKEN: 'session' });
  const token = await createIamToken(WHERE)();
  expect(read(token).parameters).toMatchObject({ 'X-Amz-Security-Token': 'session' });
});

test('each is signed anew, with the credentials of that moment', async () => {
  stubAwsEnvironment();
  const token = createIamToken(WHERE);
  const first = await token();
  stubAwsEnvironment({ AWS_ACCESS_KEY_ID: 'AKIDNEXT' });
  const second = await token();
  expect([first, second].map((text) => /AKID[A-Z]+/.exec(text)?.[0])).toEqual(['AKIDTEST', 'AKIDNEXT']);
});

test('without credentials there is none, and the error says no more than that', async () => {
  stubAwsEnvironment({
    AWS_ACCESS_KEY_ID: '',
    AWS_PROFILE: 'nobody',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  const failing = createIamToken(WHERE)();
  await expect(failing).rejects.toMatchObject({
    code: 'IAM_TOKEN',
    message: 'no token to log in with',
  });
});
