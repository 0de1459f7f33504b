import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../infra/names.ts';
import { visibilityTimeoutSeconds } from '../../infra/settings/derived.ts';
import { awsTemplates, inventory, PROD, permissions, resource, resources } from '../support/stacks.ts';

const DAY = 86_400;
const { stateful } = awsTemplates();

test('has these resources and no others', () => {
  expect(inventory(stateful)).toEqual({
    'AWS::EC2::FlowLog': 1,
    'AWS::EC2::RouteTable': 2,
    'AWS::EC2::SecurityGroup': 3,
    'AWS::EC2::SecurityGroupEgress': 2,
    'AWS::EC2::SecurityGroupIngress': 2,
    'AWS::EC2::Subnet': 2,
    'AWS::EC2::SubnetRouteTableAssociation': 2,
    'AWS::EC2::VPC': 1,
    'AWS::EC2::VPCEndpoint': 2,
    // For the flow log, and for CDK's resource that empties the default security group.
    'AWS::IAM::Policy': 1,
    'AWS::IAM::Role': 2,
    'AWS::KMS::Alias': 3,
    'AWS::KMS::Key': 3,
    'AWS::Lambda::Function': 1,
    'AWS::Logs::LogGroup': 1 + FUNCTIONS.length,
    'AWS::RDS::DBCluster': 1,
    'AWS::RDS::DBClusterParameterGroup': 1,
    'AWS::RDS::DBInstance': 1 + PROD.database.readers,
    'AWS::RDS::DBSubnetGroup': 1,
    'AWS::SQS::Queue': 2,
    'AWS::SQS::QueuePolicy': 2,
    'Custom::VpcRestrictDefaultSG': 1,
  });
});

describe('the queues', () => {
  const queue = resource(stateful, 'AWS::SQS::Queue', 'RedrivePolicy').Properties;
  const deadLetterQueue = resource(stateful, 'AWS::SQS::Queue', 'RedriveAllowPolicy').Properties;

  test('keep messages as long as the settings say', () => {
    expect(queue.MessageRetentionPeriod).toBe(PROD.queue.retentionDays * DAY);
    expect(deadLetterQueue.MessageRetentionPeriod).toBe(PROD.queue.deadLetterRetentionDays * DAY);
  });

  test('hide a message while a batch can be worked on', () => {
    expect(queue.VisibilityTimeout).toBe(visibilityTimeoutSeconds(PROD));
  });

  test('hand a message over after the receives of the settings, from the one queue to the other', () => {
    expect(queue.RedrivePolicy.maxReceiveCount).toBe(PROD.queue.maxReceiveCount);
    expect(JSON.stringify(queue.RedrivePolicy.deadLetterTargetArn)).toContain('DeadLetterQueue');
    expect(deadLetterQueue.RedriveAllowPolicy.redrivePermission).toBe('byQueue');
    expect(JSON.stringify(deadLetterQueue.RedriveAllowPolicy.sourceQueueArns)).toContain(`:${PROD.queue.name}"`);
  });

  test('are encrypted, and refuse whoever comes without TLS', () => {
    for (const { Properties } of resources(stateful, 'AWS::SQS::Queue'))
      expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = resources(stateful, 'AWS::SQS::QueuePolicy').map(({ Properties }) =>
      permissions(Properties.PolicyDocument),
    );
    expect(policies).toEqual([['deny sqs:* on DeadLetterQueue if Bool'], ['deny sqs:* on LoginQueue if Bool']]);
  });

  describe('may be sent to by the producers of the settings, with a key of their own if it is wanted:', () => {
    const role = 'arn:aws:iam::111122223333:role/web';
    const topic = 'arn:aws:sns:eu-west-1:111122223333:logins';
    const rule = 'arn:aws:events:eu-west-1:111122223333:rule/bus/logins';
    const producers = [role, '111122223333', topic, rule];
    const { stateful: other } = awsTemplates({ ...PROD, queue: { ...PROD.queue, producers, customerKey: true } });
    const queuePolicy = resource(other, 'AWS::SQS::QueuePolicy', 'SendMessage').Properties.PolicyDocument;
    const keyPolicy = resource(other, 'AWS::KMS::Key', 'Login events').Properties.KeyPolicy;

    /** Who may do something, as principal and condition. */
    function allowed(policy: typeof queuePolicy, action: string): string[] {
      return policy.Statement.filter((statement: { Action: unknown }) =>
        [statement.Action].flat().includes(action),
      ).map(({ Principal, Condition }: { Principal: object; Condition?: object }) =>
        JSON.stringify(Condition ? [Principal, Condition] : [Principal]),
      );
    }

    const expected = [
      JSON.stringify([{ AWS: ['111122223333', role] }]),
      JSON.stringify([{ Service: 'sns.amazonaws.com' }, { ArnEquals: { 'aws:SourceArn': topic } }]),
      JSON.stringify([{ Service: 'events.amazonaws.com' }, { ArnEquals: { 'aws:SourceArn': rule } }]),
    ];

    test('roles and accounts as they are, services for one topic or rule', () => {
      expect(allowed(queuePolicy, 'sqs:SendMessage').sort()).toEqual([...expected].sort());
      expect(permissions(queuePolicy)).not.toContainEqual(expect.stringMatching(/^allow (?!sqs:SendMessage)/));
    });

    test('the same may use the key, and only for sending', () => {
      expect(allowed(keyPolicy, 'kms:GenerateDataKey').sort()).toEqual([...expected].sort());
      expect(allowed(keyPolicy, 'kms:Decrypt').sort()).toEqual([...expected].sort());
      const actions = permissions(keyPolicy).map((line) => line.split(' ')[1]);
      expect(new Set(actions)).toEqual(new Set(['kms:*', 'kms:Decrypt', 'kms:GenerateDataKey']));
      for (const { Properties } of resources(other, 'AWS::SQS::Queue')) expect(Properties.KmsMasterKeyId).toBeDefined();
    });
  });
});

describe('the database', () => {
  const cluster = resource(stateful, 'AWS::RDS::DBCluster').Properties;

  test('is encrypted with the key for data, and can be brought back to any second of the last days', () => {
    expect(cluster.StorageEncrypted).toBe(true);
    expect(JSON.stringify(cluster.KmsKeyId)).toContain('DataKey');
    expect(cluster.BackupRetentionPeriod).toBe(PROD.database.backupDays);
  });

  test('takes IAM tokens over TLS, those of its owner too, and no password is made', () => {
    expect(cluster).toMatchObject({
      EnableIAMDatabaseAuthentication: true,
      MasterUserAuthenticationType: 'iam-db-auth',
    });
    expect(JSON.stringify(stateful)).not.toMatch(/Secret|Password/);
    const { Parameters } = resource(stateful, 'AWS::RDS::DBClusterParameterGroup').Properties;
    expect(Parameters['rds.force_ssl']).toBe('1');
  });

  test('logs no refused row', () => {
    const { Parameters } = resource(stateful, 'AWS::RDS::DBClusterParameterGroup').Properties;
    expect(Parameters).toMatchObject({ log_error_verbosity: 'terse', log_min_error_statement: 'panic' });
  });

  test('has the capacity of the settings, and no address that is public', () => {
    const { minCapacity, maxCapacity } = PROD.database;
    expect(cluster.ServerlessV2ScalingConfiguration).toEqual({ MinCapacity: minCapacity, MaxCapacity: maxCapacity });
    for (const { Properties } of resources(stateful, 'AWS::RDS::DBInstance')) {
      expect(Properties.PubliclyAccessible).toBe(false);
    }
  });
});

describe('a database from a snapshot', () => {
  const snapshot = 'arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:before-the-accident';
  const fromSnapshot = (arn: string) => ({ ...PROD, database: { ...PROD.database, snapshot: arn } });
  const { stateful: restored, stateless: functions } = awsTemplates(fromSnapshot(snapshot));

  test('is another resource, so that the one before stays', () => {
    const ids = (template: typeof stateful) => Object.keys(template.findResources('AWS::RDS::DBCluster'));
    const { stateful: other } = awsTemplates(fromSnapshot(`${snapshot}-2`));
    expect(new Set([...ids(stateful), ...ids(restored), ...ids(other)]).size).toBe(3);
    expect(resource(restored, 'AWS::RDS::DBCluster').Properties.SnapshotIdentifier).toBe(snapshot);
  });

  test('shares with the one before what that needs to live on', () => {
    for (const type of ['AWS::RDS::DBSubnetGroup', 'AWS::RDS::DBClusterParameterGroup', 'AWS::EC2::SecurityGroup']) {
      expect(restored.findResources(type)).toEqual(stateful.findResources(type));
    }
  });

  test('is what the functions then refer to, and no export stands in the way of that', () => {
    const [cluster = ''] = Object.keys(restored.findResources('AWS::RDS::DBCluster'));
    const outputs = Object.entries(restored.toJSON().Outputs as Record<string, { Export?: object }>).filter(([name]) =>
      name.includes(cluster),
    );
    expect(outputs.length).toBeGreaterThan(0);
    for (const [name, output] of outputs) {
      expect(output.Export).toBeUndefined();
      expect(JSON.stringify(functions)).toContain(name);
    }
  });

  test('differs in nothing else than what the snapshot brings', () => {
    const { MasterUsername, MasterUserAuthenticationType, DatabaseName, ...rest } = resource(
      stateful,
      'AWS::RDS::DBCluster',
    ).Properties;
    const { SnapshotIdentifier, ...restoredRest } = resource(restored, 'AWS::RDS::DBCluster').Properties;
    expect(restoredRest).toEqual(rest);
  });
});

describe('the network', () => {
  test('has no way out: no gateway, and no route but the local one', () => {
    for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route']) {
      stateful.resourceCountIs(type, 0);
    }
  });

  test('lets functions reach the database and the endpoints, and nothing else reach anything', () => {
    const rules = ['AWS::EC2::SecurityGroupEgress', 'AWS::EC2::SecurityGroupIngress'].flatMap((type) =>
      resources(stateful, type).map(({ Properties }) => {
        const [from, to] = [
          JSON.stringify(Properties.SourceSecurityGroupId ?? Properties.GroupId),
          JSON.stringify(Properties.DestinationSecurityGroupId ?? Properties.GroupId),
        ].map((text) => /Network(Functions|Database|Endpoints)/.exec(text as string)?.[1]);
        return `${from} -> ${to} ${Properties.FromPort}-${Properties.ToPort}`;
      }),
    );
    const expected = ['Functions -> Database 5432-5432', 'Functions -> Endpoints 443-443'];
    expect(rules.sort()).toEqual([...expected, ...expected].sort());
    for (const { Properties } of resources(stateful, 'AWS::EC2::SecurityGroup')) {
      expect(Properties.SecurityGroupIngress).toBeUndefined();
      // CDK's way to write that nothing may leave.
      for (const rule of Properties.SecurityGroupEgress ?? []) expect(rule.CidrIp).toBe('255.255.255.255/32');
    }
  });

  test('has endpoints that let through one action on the resources of the pipeline', () => {
    const policies = resources(stateful, 'AWS::EC2::VPCEndpoint').map(({ Properties }) =>
      permissions(Properties.PolicyDocument),
    );
    expect(policies.flat().sort()).toEqual([
      'allow kms:GenerateMac on MaskKey, MaskLayerKey',
      'allow sqs:ChangeMessageVisibility on LoginQueue',
    ]);
  });

  test.for([1, 2])('has endpoints in %s zones where the settings say so', (endpointZones) => {
    const { stateful: other } = awsTemplates({ ...PROD, network: { endpointZones } });
    for (const { Properties } of resources(other, 'AWS::EC2::VPCEndpoint')) {
      expect(Properties.SubnetIds).toHaveLength(endpointZones);
    }
  });
});

describe.for(['Pseudonyms', 'Layer k1'])('the key of the pseudonyms "%s ..."', (description) => {
  const { Properties } = resource(stateful, 'AWS::KMS::Key', `"${description} `);

  test('is one for HMAC, made and kept by KMS', () => {
    expect(Properties).toMatchObject({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    expect(Properties.Origin).toBeUndefined();
  });

  test('can be used by the function alone, from its network, and only for what it needs', () => {
    const use = Properties.KeyPolicy.Statement.filter(({ Sid }: { Sid: string }) => Sid !== 'Administration');
    expect(permissions({ Statement: use })).toEqual(['allow kms:GenerateMac on * if ArnEquals, StringEquals']);
    expect(JSON.stringify(use[0].Condition)).toContain(':role/login-etl-prod-ingest-');
    expect(use[0].Condition.StringEquals).toEqual({
      'kms:MacAlgorithm': 'HMAC_SHA_256',
      'aws:SourceVpc': { Ref: Object.keys(stateful.findResources('AWS::EC2::VPC'))[0] },
    });
  });

  test('can be administered, but not used, by the account', () => {
    const administration = Properties.KeyPolicy.Statement.filter(
      ({ Sid }: { Sid: string }) => Sid === 'Administration',
    );
    const actions = administration.flatMap(({ Action }: { Action: string[] }) => Action);
    expect(actions).toContain('kms:PutKeyPolicy');
    expect(actions.filter((action: string) => /\*|Mac|Encrypt|Decrypt|Grant$|Replicate/.test(action))).toEqual([]);
  });

  test('can follow the pipeline into another region, which could not be changed later', () => {
    expect(Properties.MultiRegion).toBe(true);
  });
});

describe('what holds data or logs, or what such a thing needs', () => {
  const KEPT = ['AWS::KMS::Key', 'AWS::SQS::Queue', 'AWS::RDS::DBCluster', 'AWS::RDS::DBInstance'].concat(
    'AWS::RDS::DBSubnetGroup',
    'AWS::RDS::DBClusterParameterGroup',
  );
  const policies = (template: typeof stateful) =>
    [
      ...KEPT.flatMap((type) => resources(template, type)),
      ...resources(template, 'AWS::Logs::LogGroup').filter(({ Properties }) => Properties.LogGroupName),
    ].map(({ DeletionPolicy, UpdateReplacePolicy }) => `${DeletionPolicy}, ${UpdateReplacePolicy}`);

  test('outlives its stack in prod, but not the rollback of its own creation', () => {
    expect(new Set(policies(stateful))).toEqual(new Set(['RetainExceptOnCreate, Retain']));
  });

  test('has a type that says so, for each resource of a service that keeps something', () => {
    const keeping = Object.keys(inventory(stateful)).filter((type) => /::(KMS::Key|SQS::Queue|RDS::.*)$/.test(type));
    expect(keeping.sort()).toEqual([...KEPT].sort());
  });

  test('cannot be deleted by accident once the stack is made, and until then can be rolled back', () => {
    stateful.hasResourceProperties('AWS::RDS::DBCluster', { DeletionProtection: true });
    const { stateful: first } = awsTemplates(PROD, false);
    first.hasResourceProperties('AWS::RDS::DBCluster', { DeletionProtection: false });
    expect(policies(first)).toEqual(policies(stateful));
  });

  test('goes with its stack where the settings say so', () => {
    const { stateful: other } = awsTemplates({ ...PROD, retained: false });
    expect(policies(other).join()).not.toContain('Retain');
    other.hasResourceProperties('AWS::RDS::DBCluster', { DeletionProtection: false });
  });
});

test.for(FUNCTIONS)('the log of %s has the name that Lambda would give it, and ends', (name) => {
  const log = resource(stateful, 'AWS::Logs::LogGroup', `/aws/lambda/login-etl-prod-${name}"`);
  expect(log.Properties.RetentionInDays).toBe(PROD.ingest.logRetentionDays);
});
