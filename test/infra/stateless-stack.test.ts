import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { COMMANDS, commandOutput, FUNCTIONS } from '../../infra/names.ts';
import { addAwsPipeline } from '../../infra/pipeline.ts';
import { AWS_STAGES, type AwsSettings } from '../../infra/settings/settings.ts';
import { awsTemplates, createApp, inventory, PROD, permissions, resource, resources } from '../support/stacks.ts';

const { stateless } = awsTemplates();
/** While a layer key is replaced, of a table that was taken over, and with the recovery vault on: each adds one function. */
const { stateless: full } = awsTemplates({ ...PROD, nextMaskKeyId: 'k2', adopted: true, recoveryVault: true });
const AT_TIMES = ['rekey', 'adopt', 'recover'];
const USUAL = FUNCTIONS.filter((name) => !AT_TIMES.includes(name));
const templateOf = (name: string) => (AT_TIMES.includes(name) ? full : stateless);
const functionCalled = (name: string) =>
  resource(templateOf(name), 'AWS::Lambda::Function', `"login-etl-prod-${name}"`);

test('has these resources and no others', () => {
  expect(inventory(stateless)).toEqual({
    'AWS::CloudWatch::Alarm': 8,
    'AWS::CloudWatch::Dashboard': 1,
    'AWS::Events::Rule': 2,
    'AWS::IAM::Policy': USUAL.length,
    // One more of each for CDK's provider of the trigger.
    'AWS::IAM::Role': USUAL.length + 1,
    'AWS::Lambda::EventSourceMapping': 1,
    'AWS::Lambda::Function': USUAL.length + 1,
    'AWS::Lambda::Permission': 1,
    'AWS::Lambda::Version': 1,
    'AWS::SNS::Topic': 1,
    'AWS::SNS::TopicPolicy': 1,
    'Custom::Trigger': 1,
  });
});

describe('least privilege', () => {
  const NETWORK = ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface']
    .concat('DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses')
    .flatMap((action) => [`allow ec2:${action} on *`, `deny ec2:${action} on * if ArnEquals`]);
  const LOGS = ['allow logs:CreateLogStream on Logs', 'allow logs:PutLogEvents on Logs'];

  test.for<[name: string, permissions: string[]]>([
    [
      'ingest',
      [
        'allow kms:GenerateMac on MaskKey, MaskLayerKey if ArnEquals',
        'allow rds-db:connect on login_writer',
        'allow sqs:ChangeMessageVisibility on LoginQueue',
        'allow sqs:DeleteMessage on LoginQueue',
        'allow sqs:GetQueueAttributes on LoginQueue',
        'allow sqs:GetQueueUrl on LoginQueue',
        'allow sqs:ReceiveMessage on LoginQueue',
      ],
    ],
    ['migrate', ['allow rds-db:connect on login_owner']],
    ['maintain', ['allow rds-db:connect on login_maintainer']],
    ['look', ['allow rds-db:connect on login_analyst']],
    ['erase', ['allow rds-db:connect on login_eraser']],
    ['pseudonym', ['allow kms:GenerateMac on MaskKey, MaskLayerKey if ArnEquals']],
    [
      'rekey',
      ['allow kms:GenerateMac on MaskLayerKey, MaskLayerKey if ArnEquals', 'allow rds-db:connect on login_rekeyer'],
    ],
    [
      'adopt',
      [
        'allow kms:GenerateMac on MaskKey, MaskLayerKey, MaskLayerKey if ArnEquals',
        'allow rds-db:connect on login_adopter',
      ],
    ],
    ['recover', ['allow kms:Decrypt on VaultKey if ArnEquals', 'allow rds-db:connect on login_recoverer']],
  ])('%s may do this and nothing else', ([name, expected]) => {
    const policy = resource(templateOf(name), 'AWS::IAM::Policy', `function:login-etl-prod-${name}"`).Properties;
    expect(permissions(policy.PolicyDocument)).toEqual([...expected, ...LOGS, ...NETWORK].sort());
  });

  test.for(['ingest', 'pseudonym', 'rekey', 'adopt'])(
    '%s uses keys in its own code, and whoever gives its role to another function does not',
    (name) => {
      const policy = `function:login-etl-prod-${name}"`;
      const { PolicyDocument } = resource(templateOf(name), 'AWS::IAM::Policy', policy).Properties;
      const use = PolicyDocument.Statement.find(({ Action }: { Action: unknown }) => Action === 'kms:GenerateMac');
      expect(JSON.stringify(use.Condition.ArnEquals['lambda:SourceFunctionArn'])).toContain(`:${policy}`);
    },
  );

  test('with the vault on ingest may have its public key, and only recover may decrypt', () => {
    const policies = resources(full, 'AWS::IAM::Policy').map(({ Properties }) => JSON.stringify(Properties));
    expect(policies.filter((policy) => policy.includes('kms:GetPublicKey'))).toEqual([
      expect.stringContaining('function:login-etl-prod-ingest"'),
    ]);
    expect(policies.filter((policy) => policy.includes('kms:Decrypt'))).toEqual([
      expect.stringContaining('function:login-etl-prod-recover"'),
    ]);
    const { Variables } = resource(full, 'AWS::Lambda::Function', '"login-etl-prod-ingest"').Properties.Environment;
    expect(JSON.stringify(Variables.VAULT_KMS_KEY)).toContain('VaultKey');
    expect(functionCalled('ingest').Properties.Environment.Variables.VAULT_KMS_KEY).toBeUndefined();
  });

  test('the roles of the functions have no policies but these', () => {
    const roles = resources(stateless, 'AWS::IAM::Role').filter(({ Properties }) => Properties.RoleName);
    expect(roles).toHaveLength(USUAL.length);
    for (const { Properties } of roles) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
      expect(Properties.Policies).toBeUndefined();
    }
  });
});

describe('the functions', () => {
  test.for(FUNCTIONS)('%s runs on arm64 and Node 24, in the network, and writes JSON to its log', (name) => {
    const { Properties } = functionCalled(name);
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogFormat: 'JSON' },
    });
    expect(Properties.VpcConfig.SubnetIds).toHaveLength(2);
    expect(JSON.stringify(Properties.LoggingConfig.LogGroup)).toContain(`Logs${name}`);
  });

  test.for([
    ['ingest', 'login_writer'],
    ['migrate', 'login_owner'],
    ['maintain', 'login_maintainer'],
    ['look', 'login_analyst'],
    ['rekey', 'login_rekeyer'],
    ['adopt', 'login_adopter'],
    ['erase', 'login_eraser'],
    ['recover', 'login_recoverer'],
  ])('%s logs in as %s with a token, to a server that proves its name', ([name, role]) => {
    const { DATABASE_URL, DATABASE_LOGIN } = functionCalled(name as string).Properties.Environment.Variables;
    expect(DATABASE_LOGIN).toBe('iam');
    const url = JSON.stringify(DATABASE_URL);
    expect(url).toContain(`postgres://${role}@`);
    expect(url).toContain('sslmode=verify-full&sslrootcert=/var/runtime/ca-cert.pem');
  });

  test('ingest has its keys in KMS, and no key, password or secret in its environment', () => {
    const { Variables } = functionCalled('ingest').Properties.Environment;
    expect(Object.keys(Variables).sort()).toEqual([
      'DATABASE_LOGIN',
      'DATABASE_URL',
      'MASK_KEY_ID',
      'MASK_KMS_KEY',
      'MASK_LAYER_KMS_KEY',
      'NODE_OPTIONS',
      'POWERTOOLS_SERVICE_NAME',
      'QUEUE_URL',
    ]);
    expect(JSON.stringify(Variables)).not.toMatch(/Secret|resolve:/);
  });

  test('ingest has the memory and the timeout of the settings', () => {
    const { memoryMb, timeoutSeconds } = PROD.ingest;
    expect(functionCalled('ingest').Properties).toMatchObject({ MemorySize: memoryMb, Timeout: timeoutSeconds });
  });
});

describe('a function for a command', () => {
  test.for(COMMANDS)('%s is found by an output of the stack, and lives as long as the command waits', (name) => {
    const { Value } = templateOf(name).findOutputs(commandOutput(name))[commandOutput(name)] ?? {};
    const [id] = Object.entries(templateOf(name).findResources('AWS::Lambda::Function')).find(
      ([, { Properties }]) => Properties.FunctionName === `login-etl-prod-${name}`,
    ) ?? [''];
    expect(Value).toEqual({ Ref: id });
    expect(functionCalled(name).Properties.Timeout).toBe(900);
  });

  test.for(COMMANDS)('%s can be invoked by nobody but those whose own policies say so', (name) => {
    const permitted = resources(templateOf(name), 'AWS::Lambda::Permission').map(
      ({ Properties }) => Properties.FunctionName,
    );
    expect(JSON.stringify(permitted)).not.toContain(name);
  });

  test('pseudonym has no database, and rekey no root key', () => {
    expect(Object.keys(functionCalled('pseudonym').Properties.Environment.Variables)).not.toContain('DATABASE_URL');
    expect(Object.keys(functionCalled('rekey').Properties.Environment.Variables)).not.toContain('MASK_KMS_KEY');
  });

  test('rekey is there only while a layer key is replaced, and adopt only for a table that was taken over', () => {
    expect({ ...stateless.findOutputs('RekeyFunction'), ...stateless.findOutputs('AdoptFunction') }).toEqual({});
  });

  test.for(['ingest', 'pseudonym', 'adopt'])('%s is told of a table that was taken over, and else not', (name) => {
    const variablesOf = (template: typeof full) =>
      resource(template, 'AWS::Lambda::Function', `"login-etl-prod-${name}"`).Properties.Environment.Variables;
    expect(variablesOf(full).MASK_ADOPTED).toBe('sha256');
    if (name !== 'adopt') expect(variablesOf(stateless)).not.toHaveProperty('MASK_ADOPTED');
  });

  test('look asks the readers, where there are some', () => {
    const { DATABASE_URL } = functionCalled('look').Properties.Environment.Variables;
    expect(JSON.stringify(DATABASE_URL)).toContain('ReadEndpoint');
  });
});

test('the event source reports failures one by one and counts events, within the settings', () => {
  const { batchSize, windowSeconds, maxConcurrency } = PROD.ingest;
  expect(resource(stateless, 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MetricsConfig: { Metrics: ['EventCount'] },
    Enabled: true,
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: windowSeconds,
    ScalingConfig: { MaximumConcurrency: maxConcurrency },
  });
});

test('a paused pipeline takes no messages, and nothing else changes', () => {
  const { stateless: paused } = awsTemplates({ ...PROD, ingest: { ...PROD.ingest, paused: true } });
  const { Resources: was } = stateless.toJSON();
  const { Resources: is } = paused.toJSON();
  const [id = ''] = Object.keys(paused.findResources('AWS::Lambda::EventSourceMapping'));
  expect(is[id].Properties).toEqual({ ...was[id].Properties, Enabled: false });
  expect({ ...is, [id]: was[id] }).toEqual(was);
});

describe('the migration', () => {
  test('runs before the new function and the event source', () => {
    const [trigger] = Object.keys(stateless.findResources('Custom::Trigger'));
    expect(functionCalled('ingest').DependsOn).toContain(trigger);
    expect(resource(stateless, 'AWS::Lambda::EventSourceMapping').DependsOn).toContain(trigger);
  });

  test('runs again with every new version of its function, and the deployment hears how it ended', () => {
    const [version] = Object.keys(stateless.findResources('AWS::Lambda::Version'));
    const { HandlerArn, InvocationType, Timeout } = resource(stateless, 'Custom::Trigger').Properties;
    expect(HandlerArn).toEqual({ Ref: version });
    expect(InvocationType).toBe('RequestResponse');
    const { Timeout: ownEnd } = functionCalled('migrate').Properties;
    const provider = resource(stateless, 'AWS::Lambda::Function', 'AWSCDKTriggerCustomResourceProvider').Properties;
    expect(Number(Timeout)).toBeGreaterThan(ownEnd * 1_000);
    expect(Number(Timeout)).toBeLessThan(provider.Timeout * 1_000);
  });
});

test.for([
  [24, 'rate(1 day)'],
  [6, 'rate(6 hours)'],
] as const)('the maintenance runs every %s hours where the settings say so', ([everyHours, rate]) => {
  const { stateless: template } = awsTemplates({ ...PROD, maintenance: { ...PROD.maintenance, everyHours } });
  const { ScheduleExpression, State, Targets } = resource(
    template,
    'AWS::Events::Rule',
    'ScheduleExpression',
  ).Properties;
  expect({ ScheduleExpression, State }).toEqual({ ScheduleExpression: rate, State: 'ENABLED' });
  expect(JSON.stringify(Targets)).toContain('maintain');
});

test('rows are erased by their age where the settings say so: the maintenance does it, and the migration lets it', () => {
  const { stateless: erasing } = awsTemplates({ ...PROD, maintenance: { ...PROD.maintenance, eraseAfterDays: 400 } });
  for (const name of ['maintain', 'migrate']) {
    const { Variables } = resource(erasing, 'AWS::Lambda::Function', `"login-etl-prod-${name}"`).Properties.Environment;
    expect(Variables.ERASE_AFTER_DAYS).toBe('400');
    expect(functionCalled(name).Properties.Environment.Variables).not.toHaveProperty('ERASE_AFTER_DAYS');
  }
});

describe('an alarm', () => {
  const README = readFileSync(join(import.meta.dirname, '..', '..', 'infra', 'README.md'), 'utf8');
  const alarms = resources(stateless, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
  const names = alarms.map(({ AlarmName }) => AlarmName.replace('login-etl-prod-', '')).sort();

  test('is there for each of these', () => {
    expect(names).toEqual([
      'database-capacity',
      'dlq-not-empty',
      'function-duration',
      'function-errors',
      'function-throttles',
      'maintenance-errors',
      'messages-retried',
      'oldest-message',
    ]);
  });

  test.for(names)('%s tells somebody, says what it means, and has its section in the README', (name) => {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === `login-etl-prod-${name}`);
    expect(alarm.AlarmActions).toHaveLength(1);
    expect(alarm.OKActions).toHaveLength(1);
    expect(alarm.AlarmDescription).toMatch(/^[A-Z].*\. What to look at and what to do: /);
    expect(alarm.AlarmDescription.endsWith(` infra/README.md#${name}`)).toBe(true);
    expect(README).toContain(`\n### ${name}\n`);
  });

  test('of duration rings before the timeout, and of age by the settings', () => {
    const threshold = (name: string) => alarms.find(({ AlarmName }) => AlarmName.endsWith(name)).Threshold;
    expect(threshold('function-duration')).toBeLessThan(PROD.ingest.timeoutSeconds * 1_000);
    expect(threshold('oldest-message')).toBe(PROD.alarms.oldestMessageMinutes * 60);
  });

  test('is on the dashboard, with the outcomes by reason', () => {
    const body = JSON.stringify(resource(stateless, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    for (const alarm of Object.keys(stateless.findResources('AWS::CloudWatch::Alarm'))) expect(body).toContain(alarm);
    const { POWERTOOLS_SERVICE_NAME: service } = functionCalled('ingest').Properties.Environment.Variables;
    expect(body).toContain('{LoginEtl,service,reason}');
    for (const metric of ['Rejected', 'Retried', 'Changed']) {
      expect(body.replaceAll('\\', '')).toContain(`MetricName="${metric}"`);
    }
    expect(body.replaceAll('\\', '')).toContain(`service="${service}"`);
    for (const metric of [
      'Received',
      'Stored',
      'Duplicate',
      'Rejected',
      'RejectedAgain',
      'Retried',
      'VisibilityNotSet',
    ]) {
      expect(body.replaceAll('\\', '')).toContain(`"LoginEtl","${metric}","service","${service}"`);
    }
  });

  test('of retried messages counts those of this stage, as the function publishes them', () => {
    const { POWERTOOLS_SERVICE_NAME: service } = functionCalled('ingest').Properties.Environment.Variables;
    expect(alarms.find(({ AlarmName }) => AlarmName.endsWith('messages-retried'))).toMatchObject({
      Namespace: 'LoginEtl',
      MetricName: 'Retried',
      Dimensions: [{ Name: 'service', Value: service }],
      Statistic: 'Sum',
    });
  });

  test('goes to the addresses of the settings', () => {
    const emails = ['oncall@example.com'];
    const { stateless: other } = awsTemplates({ ...PROD, alarms: { ...PROD.alarms, emails } });
    expect(resource(other, 'AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: emails[0],
    });
  });

  test('names its section of the runbook by the address of the settings', () => {
    const runbook = 'https://wiki.example.com/login-etl';
    const { stateless: other } = awsTemplates({ ...PROD, alarms: { ...PROD.alarms, runbook } });
    const { AlarmDescription } = resource(other, 'AWS::CloudWatch::Alarm', 'messages-retried"').Properties;
    expect(AlarmDescription.endsWith(` ${runbook}#messages-retried`)).toBe(true);
  });
});

describe('a warning at synthesis', () => {
  const REACH_NOBODY = /alarms of prod reach nobody.*alarms\.emails/;
  const NO_ADDRESS = /file infra\/README\.md.*alarms\.runbook/;
  const warnings = (settings: AwsSettings): unknown[] => {
    const { stateless: stack } = addAwsPipeline(createApp(), settings);
    return Annotations.fromStack(stack)
      .findWarning('*', Match.anyValue())
      .map(({ entry }) => entry.data);
  };
  const filled = { ...PROD.alarms, emails: ['oncall@example.com'], runbook: 'https://wiki.example.com/login-etl' };

  test('says that the alarms of prod reach nobody, once', () => {
    const [warning, ...more] = warnings({ ...PROD, alarms: { ...filled, emails: [] } });
    expect(warning).toMatch(REACH_NOBODY);
    expect(more).toEqual([]);
  });

  test('says that the runbook has no address, once', () => {
    const [warning, ...more] = warnings({ ...PROD, alarms: { ...filled, runbook: null } });
    expect(warning).toMatch(NO_ADDRESS);
    expect(more).toEqual([]);
  });

  test('is not there without a reason', () => {
    expect(warnings({ ...PROD, alarms: filled })).toEqual([]);
    expect(warnings({ ...AWS_STAGES.dev, alarms: { ...filled, emails: [] } })).toEqual([]);
  });
});
