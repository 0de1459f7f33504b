import { aws_sqs as sqs } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { COMMANDS, commandOutput } from '../../infra/names.ts';
import { addAwsPipeline } from '../../infra/pipeline.ts';
import { AWS_STAGES, LOCALSTACK } from '../../infra/settings/settings.ts';
import { awsTemplates, createApp, inventory, LOCAL_PROPS, localTemplate, PROD, resource } from '../support/stacks.ts';

test.for(Object.values(AWS_STAGES))('stage $stage has no finding of AwsSolutions', (settings) => {
  const app = createApp();
  addAwsPipeline(app, settings);
  expect(() => app.synth()).not.toThrow();
});

test('with every function that a setting adds there is none either', () => {
  const app = createApp();
  const maintenance = { ...PROD.maintenance, eraseAfterDays: 400 };
  addAwsPipeline(app, { ...PROD, maintenance, nextMaskKeyId: 'k2', adopted: true, recoveryVault: true });
  expect(() => app.synth()).not.toThrow();
});

test('a finding of AwsSolutions fails the synthesis', () => {
  const app = createApp();
  const { stateless } = addAwsPipeline(app, PROD);
  new sqs.Queue(stateless, 'WithoutTls');
  expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/);
});

test('while the layer key is replaced there are two, the function may use both, and nothing else changes', () => {
  const settings = { ...PROD, nextMaskKeyId: 'k2' };
  const [before, between] = [awsTemplates(), awsTemplates(settings)];
  const ofBefore = inventory(before.stateful);
  expect(inventory(between.stateful)).toEqual({
    ...ofBefore,
    'AWS::KMS::Key': Number(ofBefore['AWS::KMS::Key']) + 1,
    'AWS::KMS::Alias': Number(ofBefore['AWS::KMS::Alias']) + 1,
  });
  const functions = inventory(before.stateless);
  // The function that moves pseudonyms from one to the other.
  expect(inventory(between.stateless)).toEqual({
    ...functions,
    'AWS::IAM::Policy': Number(functions['AWS::IAM::Policy']) + 1,
    'AWS::IAM::Role': Number(functions['AWS::IAM::Role']) + 1,
    'AWS::Lambda::Function': Number(functions['AWS::Lambda::Function']) + 1,
  });
  const { Variables } = resource(between.stateless, 'AWS::Lambda::Function', 'login-etl-prod-ingest').Properties
    .Environment;
  expect(Variables.MASK_NEXT_KEY_ID).toBe('k2');
  expect(JSON.stringify(Variables.MASK_NEXT_LAYER_KMS_KEY)).toContain('MaskLayerKeyk2');
  const policy = resource(between.stateless, 'AWS::IAM::Policy', 'function:login-etl-prod-ingest"').Properties
    .PolicyDocument;
  const use = policy.Statement.find(({ Action }: { Action: unknown }) => Action === 'kms:GenerateMac');
  expect(JSON.stringify(use.Resource)).toMatch(/MaskKey.*MaskLayerKeyk1.*MaskLayerKeyk2/);
  const endpoint = resource(between.stateful, 'AWS::EC2::VPCEndpoint', 'kms:GenerateMac').Properties;
  expect(JSON.stringify(endpoint.PolicyDocument)).toContain('MaskLayerKeyk2');
  const app = createApp();
  addAwsPipeline(app, settings);
  expect(() => app.synth()).not.toThrow();
});

test('a layer key that was replaced stays what it is, disabled and used by nobody, so that a restored backup can be moved', () => {
  const layersOf = (settings: Partial<typeof PROD>) => {
    const { stateful, stateless } = awsTemplates({ ...PROD, ...settings });
    const keys = Object.entries(stateful.findResources('AWS::KMS::Key', { Properties: { KeySpec: 'HMAC_256' } }));
    const layers = keys.filter(([id]) => id.startsWith('MaskLayerKey'));
    return {
      enabled: Object.fromEntries(layers.map(([id, { Properties }]) => [id, Properties.Enabled !== false])),
      users: JSON.stringify([stateless.toJSON(), stateful.findResources('AWS::EC2::VPCEndpoint')]),
    };
  };
  const [k1, k2] = Object.keys(layersOf({ nextMaskKeyId: 'k2' }).enabled) as [string, string];
  const after = layersOf({ maskKeyId: 'k2', retiredMaskKeyIds: ['k1'] });
  expect(after.enabled).toEqual({ [k1]: false, [k2]: true });
  expect(after.users).not.toContain('MaskLayerKeyk1');
  expect(layersOf({ nextMaskKeyId: 'k2' }).enabled).toEqual({ [k1]: true, [k2]: true });
  expect(Object.keys(layersOf({ maskKeyId: 'k2' }).enabled)).toEqual([k2]);
});

test('the stack with the data is protected and deployed first', () => {
  const { stateful, stateless } = addAwsPipeline(createApp(), PROD);
  expect(stateful.terminationProtection).toBe(true);
  expect(stateless.terminationProtection).toBe(false);
  expect(stateless.dependencies.map(({ stackName }) => stackName)).toEqual([stateful.stackName]);
});

test('the stack with the data is not yet protected while it is made for the first time', () => {
  const app = createApp();
  expect(addAwsPipeline(app, PROD, false).stateful.terminationProtection).toBe(false);
  expect(() => app.synth()).not.toThrow();
});

test('a stage that need not be kept can be destroyed', () => {
  expect(addAwsPipeline(createApp(), AWS_STAGES.dev).stateful.terminationProtection).toBe(false);
});

test('on LocalStack it is one stack of what LocalStack can do', () => {
  expect(inventory(localTemplate())).toEqual({
    'AWS::IAM::Policy': 4,
    'AWS::IAM::Role': 4,
    'AWS::KMS::Key': 2,
    'AWS::Lambda::EventSourceMapping': 1,
    'AWS::Lambda::Function': 4,
    'AWS::Logs::LogGroup': 4,
    'AWS::SQS::Queue': 2,
    'AWS::SQS::QueuePolicy': 2,
  });
});

test('on LocalStack each command has its function where its setting is on, which acts as its one role of the database', () => {
  const everything = { ...LOCALSTACK, nextMaskKeyId: 'k2', adopted: true, recoveryVault: true };
  const keyMaterial = { ...LOCAL_PROPS.keyMaterial, nextLayer: Buffer.alloc(32, 9) };
  const template = localTemplate(everything, { ...LOCAL_PROPS, keyMaterial });
  for (const name of COMMANDS) expect(template.findOutputs(commandOutput(name))).not.toEqual({});
  expect(inventory(template)['AWS::KMS::Key']).toBe(4);
  const variablesOf = (name: string) =>
    resource(template, 'AWS::Lambda::Function', `"login-etl-localstack-${name}"`).Properties.Environment.Variables;
  for (const [name, role] of Object.entries({
    adopt: 'adopter',
    erase: 'eraser',
    rekey: 'rekeyer',
    recover: 'recoverer',
  })) {
    const url = new URL(variablesOf(name).DATABASE_URL);
    expect(url.searchParams.get('options')).toBe(`-c role=login_${role}`);
    url.search = '';
    expect(url.href).toBe(LOCAL_PROPS.databaseUrl);
  }
  expect(variablesOf('rekey').MASK_KMS_KEY).toBeUndefined();
  for (const name of ['ingest', 'recover'])
    expect(JSON.stringify(variablesOf(name).VAULT_KMS_KEY)).toContain('VaultKey');
});

test('on LocalStack queue, database and keys are what the documentation says', () => {
  const template = localTemplate();
  expect(resource(template, 'AWS::SQS::Queue', 'RedrivePolicy').Properties.QueueName).toBe('login-queue');
  const { Variables } = resource(template, 'AWS::Lambda::Function', 'login-etl-localstack-ingest').Properties
    .Environment;
  expect(Variables).toMatchObject({ DATABASE_URL: LOCAL_PROPS.databaseUrl, MASK_KEY_ID: LOCALSTACK.maskKeyId });
  expect(Variables.MASK_KEY).toBeUndefined();
  for (const [name, material] of Object.entries(LOCAL_PROPS.keyMaterial)) {
    const Key = '_custom_key_material_';
    const id = { root: /^MaskKey/, layer: /^MaskLayerKey/ }[name];
    const keys = Object.entries(template.findResources('AWS::KMS::Key')).filter(([logicalId]) => id?.test(logicalId));
    expect(keys.map(([, { Properties }]) => Properties.Tags)).toEqual([
      expect.arrayContaining([{ Key, Value: material.toString('base64') }]),
    ]);
  }
});
