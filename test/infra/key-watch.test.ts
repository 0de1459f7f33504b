import { expect, test } from 'vitest';
import { awsTemplates, PROD, resource } from '../support/stacks.ts';

const { stateless } = awsTemplates({ ...PROD, nextMaskKeyId: 'k2', adopted: true });
const rule = resource(stateless, 'AWS::Events::Rule', 'login-etl-prod-key-use').Properties;

test('every use of a key that is not everyday work is told of, read-only calls included', () => {
  expect(rule.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  const { detail, source } = rule.EventPattern;
  expect(source).toEqual(['aws.kms']);
  expect(JSON.stringify(detail.resources.ARN)).toMatch(/MaskKey.*MaskLayerKeyk1.*MaskLayerKeyk2/);
  const [always, mac] = detail.$or;
  expect(always.eventName).toEqual(
    expect.arrayContaining(['CreateGrant', 'Decrypt', 'DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion']),
  );
  expect(mac.eventName).toEqual(['GenerateMac']);
  const [nobody, others] = mac.userIdentity.sessionContext.sessionIssuer.userName;
  expect(nobody).toEqual({ exists: false });
  // Every other function that may use a key is told of: those of pseudonym, rekey and adopt.
  expect(JSON.stringify(others['anything-but'])).toMatch(
    /^\[\{"Fn::Join":\["",\["login-etl-prod-ingest-",\{"Ref":"AWS::Region"\}\]\]\}\]$/,
  );
});

test('the rule may publish to the topic of the alarms, and no other rule may', () => {
  expect(JSON.stringify(rule.Targets)).toContain('AlarmsTopic');
  const { PolicyDocument } = resource(stateless, 'AWS::SNS::TopicPolicy').Properties;
  const statement = PolicyDocument.Statement.find(({ Sid }: { Sid: string }) => Sid === 'KeyUse');
  expect(statement).toMatchObject({ Action: 'sns:Publish', Principal: { Service: 'events.amazonaws.com' } });
  expect(JSON.stringify(statement.Condition.ArnEquals)).toContain('KeyWatchRule');
});
