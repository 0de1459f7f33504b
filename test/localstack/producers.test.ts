import { randomUUID } from 'node:crypto';
import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { expect, inject, onTestFinished, test } from 'vitest';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { query, queueArn } from './pipeline.ts';

const { endpoint, databaseUrl } = inject('deployed');
const { region, ...credentials } = LOCAL_AWS;
const CLIENT = { endpoint, region, credentials };

const login = (user: string) => ({
  user_id: user,
  app_version: '2.3.0',
  device_type: 'ios',
  ip: '203.0.113.78',
  locale: 'EN',
  device_id: 'canary-device',
});

async function untilStored(user: string): Promise<void> {
  const rows = () => query(databaseUrl, 'select locale, app_version from user_logins where user_id = $1', [user]);
  await expect.poll(rows, { timeout: 60_000, interval: 250 }).toEqual([{ locale: 'EN', app_version: 2_003_000 }]);
}

test('an event that a topic of SNS sends becomes a row', async () => {
  const user = randomUUID();
  const sns = new SNSClient(CLIENT);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `logins-${user}` }));
  onTestFinished(async () => void (await sns.send(new DeleteTopicCommand({ TopicArn }))));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: await queueArn() }));
  await sns.send(new PublishCommand({ TopicArn, Message: JSON.stringify(login(user)) }));
  await untilStored(user);
});

test('an event that a rule of EventBridge sends becomes a row', async () => {
  const user = randomUUID();
  const events = new EventBridgeClient(CLIENT);
  const [Name, Source] = [`logins-${user}`, `login-etl.${user}`];
  await events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [Source] }) }));
  onTestFinished(async () => {
    await events.send(new RemoveTargetsCommand({ Rule: Name, Ids: ['queue'] }));
    await events.send(new DeleteRuleCommand({ Name }));
  });
  await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'queue', Arn: await queueArn() }] }));
  const Entries = [{ Source, DetailType: 'login', Detail: JSON.stringify(login(user)) }];
  expect(await events.send(new PutEventsCommand({ Entries }))).toMatchObject({ FailedEntryCount: 0 });
  await untilStored(user);
});
