import { describe, expect, test } from 'vitest';
import { UserError } from '../../tools/cli/user-error.ts';
import { locate } from '../../tools/dlq/locate.ts';

const AWS_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/login-queue-dlq';
const LOCAL_URL = 'http://127.0.0.1:4321/000000000000/login-queue-dlq';
const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

describe('the queue is', () => {
  test.for([
    ['a stage on AWS', { stage: 'prod' }, {}, { queue: { name: 'login-queue-dlq' }, client: {} }],
    ['another', { stage: 'dev' }, {}, { queue: { name: 'login-queue-dev-dlq' } }],
    [
      'in the region of the variables',
      { stage: 'prod' },
      { AWS_REGION: 'eu-west-1' },
      { client: { region: 'eu-west-1' } },
    ],
    [
      'as the AWS CLI has it',
      { stage: 'prod' },
      { AWS_DEFAULT_REGION: 'eu-west-1' },
      { client: { region: 'eu-west-1' } },
    ],
    [
      'a URL on AWS, in its own region',
      { queueUrl: AWS_URL },
      { AWS_REGION: 'eu-west-1' },
      { queue: { url: AWS_URL }, client: { region: 'eu-central-1' } },
    ],
    ['of a stack', { stack: 'login-etl-dev-stateful' }, {}, { queue: { name: 'login-queue-dev-dlq' } }],
    ['of the other stack', { stack: 'login-etl-prod-stateless' }, {}, { queue: { name: 'login-queue-dlq' } }],
    [
      'on LocalStack, as docker compose has it',
      { stage: 'localstack' },
      {},
      { queue: { name: 'login-queue-dlq' }, client: { endpoint: 'http://localhost:4566', ...LOCAL } },
    ],
    [
      'of the stack on LocalStack',
      { stack: 'login-etl-localstack' },
      {},
      { client: { endpoint: 'http://localhost:4566', ...LOCAL } },
    ],
    [
      'by its endpoint alone, on this machine',
      {},
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4321' },
      { queue: { name: 'login-queue-dlq' }, client: { endpoint: 'http://127.0.0.1:4321', ...LOCAL } },
    ],
    [
      'by an address of this machine in IPv6',
      {},
      { AWS_ENDPOINT_URL: 'http://[::1]:4321' },
      { queue: { name: 'login-queue-dlq' }, client: LOCAL },
    ],
    [
      'by the URL that npm start gives its queue',
      { queueUrl: 'http://sqs.us-east-1.localhost:4321/000000000000/login-queue-dlq' },
      {},
      { client: LOCAL },
    ],
    [
      'by the endpoint of SQS before that of all',
      {},
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_ENDPOINT_URL_SQS: 'http://localhost:2' },
      { client: { endpoint: 'http://localhost:2' } },
    ],
    [
      'a URL on this machine, which says where SQS is',
      { queueUrl: LOCAL_URL },
      {},
      { queue: { url: LOCAL_URL }, client: { endpoint: 'http://127.0.0.1:4321', ...LOCAL } },
    ],
    [
      'that, without the account of the variables',
      { queueUrl: LOCAL_URL },
      { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'mine', AWS_PROFILE: 'mine' },
      { client: LOCAL },
    ],
    [
      'of LocalStack, by another host name of the same port',
      { queueUrl: 'http://sqs.us-east-1.localhost.localstack.cloud:4566/0/q-dlq' },
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      { client: { endpoint: 'http://localhost:4566' } },
    ],
    [
      'at an endpoint of AWS in a network of its own',
      { stage: 'prod' },
      { AWS_ENDPOINT_URL_SQS: 'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com' },
      { queue: { name: 'login-queue-dlq' } },
    ],
  ] as const)('%s', ([_name, named, env, expected]) => {
    expect(locate(named, env)).toMatchObject(expected);
  });

  test('with no credentials but those of the SDK, on AWS', () => {
    expect(locate({ stage: 'prod' }, {}).client).not.toHaveProperty('credentials');
    expect(locate({ stage: 'prod' }, {}).client).not.toHaveProperty('endpoint');
    expect(locate({ queueUrl: AWS_URL }, {}).client).not.toHaveProperty('endpoint');
  });
});

describe('it is one sentence, with exit code 2, when', () => {
  const here = { AWS_ENDPOINT_URL: 'http://localhost:4566' };
  test.for([
    ['nothing names it', {}, {}],
    ['an endpoint elsewhere does not either', {}, { AWS_ENDPOINT_URL: 'https://sqs.example.com' }],
    ['two things name it', { stage: 'prod', queueUrl: AWS_URL }, {}],
    ['there is no such stage', { stage: 'production' }, {}],
    ['there is no such stack', { stack: 'login-etl' }, {}],
    ['a stack of another project', { stack: 'shop-prod-stateful' }, {}],
    ['the URL is none', { queueUrl: 'login-queue-dlq' }, {}],
    ['the endpoint is none', { stage: 'prod' }, { AWS_ENDPOINT_URL: 'localhost' }],
    ['the stage is on AWS and the endpoint here', { stage: 'prod' }, here],
    ['the stack is on AWS and the endpoint here', { stack: 'login-etl-dev-stateful' }, here],
    ['the URL is on AWS and the endpoint here', { queueUrl: AWS_URL }, here],
    ['the URL is of another server here', { queueUrl: LOCAL_URL }, here],
    [
      'the stage is here and the endpoint on AWS',
      { stage: 'localstack' },
      { AWS_ENDPOINT_URL: 'https://sqs.eu-west-1.amazonaws.com' },
    ],
  ] as const)('%s', ([_name, named, env]) => {
    let fault: unknown;
    try {
      locate(named, env);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(UserError);
    expect((fault as UserError).exitCode).toBe(2);
    expect((fault as UserError).message).toMatch(/^[^\n]+[.?]$/);
  });
});
