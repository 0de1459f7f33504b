import { expect, inject, test } from 'vitest';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { askAccount } from '../../tools/deploy/account.ts';
import { stubAwsEnvironment } from '../support/aws-server.ts';

test('the check of a deployment understands what LocalStack answers', async () => {
  stubAwsEnvironment({
    AWS_ENDPOINT_URL: inject('deployed').endpoint,
    AWS_REGION: LOCAL_AWS.region,
    AWS_ACCESS_KEY_ID: LOCAL_AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_AWS.secretAccessKey,
  });
  const account = await askAccount(['login-etl-localstack', 'login-etl-nowhere'], process.env);
  expect(account).toMatchObject({
    region: { known: LOCAL_AWS.region },
    id: { known: '000000000000' },
    hasRdsRole: { known: false },
    concurrency: { known: expect.any(Number) },
    stacks: {
      'login-etl-localstack': {
        known: { status: expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/), isProtected: false },
      },
      'login-etl-nowhere': { known: null },
    },
  });
  expect(account.bootstrapVersion).toEqual({ known: expect.any(Number) });
});
