import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, type Caller, EVERYTHING, isAllowed, type Policies, type PolicyDocument } from '../support/iam.ts';
import { REGION, resolve } from '../support/resolve.ts';
import { awsTemplates, PROD, resource, resources } from '../support/stacks.ts';

const { stateful, stateless } = awsTemplates();

const FUNCTION: Caller = { arn: `arn:aws:iam::${ACCOUNT}:role/login-etl-prod-ingest-${REGION}` };
const ADMINISTRATOR: Caller = { arn: `arn:aws:iam::${ACCOUNT}:role/administrator` };
const PRODUCER: Caller = { arn: 'arn:aws:iam::444455556666:role/web' };
const STRANGER: Caller = { arn: 'arn:aws:iam::999999999999:role/stranger' };

/** The policy that CDK gave to the function's role, in the stack of the functions. */
function policyOfTheFunction(template: Template, ...imported: Template[]): PolicyDocument {
  const policy = resource(template, 'AWS::IAM::Policy', 'function:login-etl-prod-ingest"').Properties.PolicyDocument;
  return resolve(policy, template, ...imported);
}

describe('the topic of the alarms', () => {
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:login-etl-prod-alarms`;
  const policy = resolve(resource(stateless, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument, stateless);
  const alarms = resources(stateless, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmName as string);
  const alarm = (name: string, account = ACCOUNT) => `arn:aws:cloudwatch:${REGION}:${account}:alarm:${name}`;
  const from = (account: string, arn: string) => ({ 'aws:SourceAccount': account, 'aws:SourceArn': arn });
  const publish = (caller: Caller, context: Record<string, string> = {}, identity: PolicyDocument[] = []) =>
    isAllowed({ action: 'sns:Publish', resource: topic, caller, context }, { resource: policy, identity });
  const CLOUDWATCH: Caller = { service: 'cloudwatch.amazonaws.com' };

  test('is the one that the alarms tell', () => {
    for (const { Properties } of resources(stateless, 'AWS::CloudWatch::Alarm')) {
      expect(resolve(Properties.AlarmActions, stateless)).toEqual([topic]);
      expect(resolve(Properties.OKActions, stateless)).toEqual([topic]);
    }
  });

  test.for(alarms)('lets the alarm %s publish', (name) => {
    expect(publish(CLOUDWATCH, from(ACCOUNT, alarm(name)))).toBe(true);
  });

  const mine = alarm('login-etl-prod-oldest-message');
  test.for<[who: string, caller: Caller, context: Record<string, string>]>([
    ['an alarm of another stage', CLOUDWATCH, from(ACCOUNT, alarm('login-etl-dev-oldest-message'))],
    ['an alarm of another account', CLOUDWATCH, from('999999999999', alarm('login-etl-prod-x', '999999999999'))],
    ['an alarm that lies about its account', CLOUDWATCH, from(ACCOUNT, alarm('login-etl-prod-x', '999999999999'))],
    ['CloudWatch without an alarm', CLOUDWATCH, {}],
    ['an alarm without TLS', CLOUDWATCH, { ...from(ACCOUNT, mine), 'aws:SecureTransport': 'false' }],
    ['another service', { service: 'events.amazonaws.com' }, from(ACCOUNT, mine)],
    ['another account', STRANGER, from(ACCOUNT, mine)],
    ['a role of this account without a policy for it', ADMINISTRATOR, {}],
  ])('does not let %s publish', ([, caller, context]) => {
    expect(publish(caller, context)).toBe(false);
  });

  test('can be administered by the account', () => {
    expect(publish(ADMINISTRATOR, {}, [EVERYTHING])).toBe(true);
  });
});

describe('the queues', () => {
  const producers = ['arn' in PRODUCER ? PRODUCER.arn : ''];
  const open = awsTemplates({ ...PROD, queue: { ...PROD.queue, producers, customerKey: true } });
  const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
  const queue = (name: string, identity: PolicyDocument[] = []): Policies & { arn: string } => {
    const documents = resources(open.stateful, 'AWS::SQS::QueuePolicy').map(({ Properties }) =>
      resolve(Properties, open.stateful),
    );
    const { PolicyDocument } = documents.find(({ Queues }) => Queues.includes(arn(name)));
    return { arn: arn(name), resource: PolicyDocument, identity };
  };
  const may = (caller: Caller, action: string, { arn: called, ...policies }: ReturnType<typeof queue>, tls = 'true') =>
    isAllowed({ action, resource: called, caller, context: { 'aws:SecureTransport': tls } }, policies);
  const own = policyOfTheFunction(open.stateless, open.stateful);

  test.for([
    ['sqs:ReceiveMessage', true],
    ['sqs:DeleteMessage', true],
    ['sqs:ChangeMessageVisibility', true],
    ['sqs:SendMessage', false],
  ] as const)('the function: %s on the login queue is %s, and on the dead-letter queue never', ([action, expected]) => {
    expect(may(FUNCTION, action, queue('login-queue', [own]))).toBe(expected);
    expect(may(FUNCTION, action, queue('login-queue-dlq', [own]))).toBe(false);
  });

  test('a producer of the settings may send over TLS, and nothing else', () => {
    expect(may(PRODUCER, 'sqs:SendMessage', queue('login-queue'))).toBe(true);
    expect(may(PRODUCER, 'sqs:SendMessage', queue('login-queue'), 'false')).toBe(false);
    expect(may(PRODUCER, 'sqs:ReceiveMessage', queue('login-queue'))).toBe(false);
    expect(may(PRODUCER, 'sqs:SendMessage', queue('login-queue-dlq'))).toBe(false);
  });

  test('this account is let in by its own policies, and nobody else is', () => {
    expect(may(ADMINISTRATOR, 'sqs:SendMessage', queue('login-queue', [EVERYTHING]))).toBe(true);
    expect(may(ADMINISTRATOR, 'sqs:SendMessage', queue('login-queue'))).toBe(false);
    expect(may(STRANGER, 'sqs:SendMessage', queue('login-queue', [EVERYTHING]))).toBe(false);
  });

  test('their own key lets the producer encrypt and the function decrypt, and no stranger', () => {
    const [[id, { Properties }] = ['', { Properties: {} }]] = Object.entries(
      open.stateful.findResources('AWS::KMS::Key', { Properties: { Description: 'Login events in the queues' } }),
    );
    const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`;
    const policy = resolve(Properties.KeyPolicy, open.stateful);
    const mayUse = (caller: Caller, action: string, identity: PolicyDocument[] = []) =>
      isAllowed({ action, resource: key, caller }, { resource: policy, identity, isKey: true });
    expect(mayUse(PRODUCER, 'kms:GenerateDataKey')).toBe(true);
    expect(mayUse(FUNCTION, 'kms:Decrypt', [own])).toBe(true);
    expect(mayUse(STRANGER, 'kms:Decrypt', [EVERYTHING])).toBe(false);
  });
});

describe('the keys', () => {
  const PSEUDONYMS = Object.keys(stateful.findResources('AWS::KMS::Key', { Properties: { KeySpec: 'HMAC_256' } }));
  const [dataKeyId = ''] = Object.keys(
    stateful.findResources('AWS::KMS::Key', { Properties: { Description: 'Database and its backups' } }),
  );
  const [vpc = ''] = Object.keys(stateful.findResources('AWS::EC2::VPC'));
  const own = policyOfTheFunction(stateless, stateful);
  const arnOf = (id: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`;
  const may = (keyId: string, action: string, caller: Caller, identity: PolicyDocument[], context = {}) => {
    const { KeyPolicy } = stateful.findResources('AWS::KMS::Key')[keyId]?.Properties ?? {};
    const policies = { resource: resolve(KeyPolicy, stateful), identity, isKey: true };
    return isAllowed({ action, resource: arnOf(keyId), caller, context }, policies);
  };
  /** As a call comes from the code of the function, inside of the network. */
  const ITS_CALL = {
    'kms:MacAlgorithm': 'HMAC_SHA_256',
    'aws:SourceVpc': `AWS::EC2::VPC:${vpc}`,
    'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:login-etl-prod-ingest`,
  };

  test('of the pseudonyms are two, and name no function that is not there', () => {
    expect(PSEUDONYMS).toHaveLength(2);
    expect(JSON.stringify(PSEUDONYMS.map((id) => stateful.toJSON().Resources[id]))).not.toMatch(/-(adopt|rekey)-/);
  });

  test.for(PSEUDONYMS)('%s can be used by the function, and by nobody else whatever their policies say', (key) => {
    expect(may(key, 'kms:GenerateMac', FUNCTION, [own], ITS_CALL)).toBe(true);
    expect(may(key, 'kms:GenerateMac', FUNCTION, [], ITS_CALL)).toBe(false);
    expect(may(key, 'kms:GenerateMac', ADMINISTRATOR, [EVERYTHING], ITS_CALL)).toBe(false);
    expect(may(key, 'kms:GenerateMac', STRANGER, [EVERYTHING], ITS_CALL)).toBe(false);
  });

  describe('while a layer key is replaced, of a table that was taken over', () => {
    const between = awsTemplates({ ...PROD, nextMaskKeyId: 'k2', adopted: true });
    const [networkId = ''] = Object.keys(between.stateful.findResources('AWS::EC2::VPC'));
    const keys = Object.entries(
      between.stateful.findResources('AWS::KMS::Key', { Properties: { KeySpec: 'HMAC_256' } }),
    );
    const mayMac = (name: string, [id, { Properties }]: (typeof keys)[number]) => {
      const policy = resource(between.stateless, 'AWS::IAM::Policy', `function:login-etl-prod-${name}"`).Properties;
      const policies = {
        resource: resolve(Properties.KeyPolicy, between.stateful),
        identity: [resolve(policy.PolicyDocument, between.stateless, between.stateful)],
        isKey: true,
      };
      const caller = { arn: `arn:aws:iam::${ACCOUNT}:role/login-etl-prod-${name}-${REGION}` };
      const context = {
        ...ITS_CALL,
        'aws:SourceVpc': `AWS::EC2::VPC:${networkId}`,
        'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:login-etl-prod-${name}`,
      };
      return isAllowed({ action: 'kms:GenerateMac', resource: arnOf(id), caller, context }, policies);
    };
    const namesOfKeysOf = (name: string) =>
      keys
        .filter((key) => mayMac(name, key))
        .map(([id]) => /^Mask(Key|LayerKeyk\d)/.exec(id)?.[0])
        .sort();

    test.for<[name: string, keys: string[]]>([
      ['ingest', ['MaskKey', 'MaskLayerKeyk1', 'MaskLayerKeyk2']],
      ['pseudonym', ['MaskKey', 'MaskLayerKeyk1', 'MaskLayerKeyk2']],
      ['adopt', ['MaskKey', 'MaskLayerKeyk1', 'MaskLayerKeyk2']],
      ['rekey', ['MaskLayerKeyk1', 'MaskLayerKeyk2']],
      ['look', []],
      ['maintain', []],
      ['migrate', []],
    ])('%s may make pseudonyms with %j', ([name, expected]) => {
      expect(namesOfKeysOf(name)).toEqual(expected);
    });
  });

  test.for(PSEUDONYMS.flatMap((key) => Object.keys(ITS_CALL).map((condition) => [key, condition] as const)))(
    '%s cannot be used by the function itself with another %s',
    ([key, condition]) => {
      expect(may(key, 'kms:GenerateMac', FUNCTION, [own], { ...ITS_CALL, [condition]: 'another' })).toBe(false);
    },
  );

  test.for(['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DescribeKey', 'kms:CreateAlias', 'kms:TagResource'])(
    'of the pseudonyms leave %s to the account, since nobody could otherwise change them again',
    (action) => {
      for (const key of PSEUDONYMS) {
        expect(may(key, action, ADMINISTRATOR, [EVERYTHING])).toBe(true);
        expect(may(key, action, FUNCTION, [own], ITS_CALL)).toBe(false);
      }
    },
  );

  test('of the data lets the account use it, which RDS does in its name', () => {
    expect(may(dataKeyId, 'kms:CreateGrant', ADMINISTRATOR, [EVERYTHING])).toBe(true);
    expect(may(dataKeyId, 'kms:Decrypt', FUNCTION, [own], ITS_CALL)).toBe(false);
  });
});
