import { expect, test } from 'vitest';
import { addAwsPipeline } from '../../infra/pipeline.ts';
import { awsTemplates, createApp, PROD, permissions, resource, resources } from '../support/stacks.ts';

const settings = { ...PROD, recoveryVault: true };
const { stateful } = awsTemplates(settings);
const { KeyPolicy, ...key } = resource(stateful, 'AWS::KMS::Key', 'Recovery vault').Properties;
const use = KeyPolicy.Statement.filter(({ Sid }: { Sid: string }) => Sid !== 'Administration');

test('the vault has a key that KMS made, of the kind that the code seals for', () => {
  expect(key).toMatchObject({ KeySpec: 'RSA_3072', KeyUsage: 'ENCRYPT_DECRYPT' });
  expect(key.Origin).toBeUndefined();
});

test('exactly one role may decrypt, from the network of the stage, and one other may have the public half', () => {
  expect(permissions({ Statement: use }).sort()).toEqual([
    'allow kms:Decrypt on * if ArnEquals, StringEquals',
    'allow kms:GetPublicKey on * if ArnEquals, StringEquals',
  ]);
  const [seal, open] = use;
  expect(JSON.stringify(seal.Condition.ArnEquals)).toContain(':role/login-etl-prod-ingest-');
  expect(JSON.stringify(open.Condition.ArnEquals)).toContain(':role/login-etl-prod-recover-');
  const vpc = { Ref: Object.keys(stateful.findResources('AWS::EC2::VPC'))[0] };
  expect(open.Condition.StringEquals).toEqual({
    'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_256',
    'aws:SourceVpc': vpc,
  });
});

test('its administrators may not use it, nor give its use away by a grant', () => {
  const administration = KeyPolicy.Statement.find(({ Sid }: { Sid: string }) => Sid === 'Administration');
  expect(administration.Action).not.toContain('kms:Decrypt');
  expect(administration.Action).not.toContain('kms:CreateGrant');
});

test('the endpoint of KMS lets both through, on this key alone', () => {
  const policies = resources(stateful, 'AWS::EC2::VPCEndpoint').map(({ Properties }) =>
    permissions(Properties.PolicyDocument),
  );
  expect(policies.flat()).toEqual(
    expect.arrayContaining(['allow kms:Decrypt on VaultKey', 'allow kms:GetPublicKey on VaultKey']),
  );
});

test('a stage with the vault on has no finding of AwsSolutions, and one with it off has no such key', () => {
  const app = createApp();
  addAwsPipeline(app, settings);
  expect(() => app.synth()).not.toThrow();
  expect(JSON.stringify(awsTemplates().stateful.toJSON())).not.toContain('Recovery vault');
});
