import {
  ArnFormat,
  Aws,
  aws_iam as iam,
  Stack,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { nameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';

/** The topic that alarms of this stage, and nobody else, may publish to. */
export function alarmTopic(scope: Construct, { stage, alarms }: AwsSettings): sns.Topic {
  const topic = new sns.Topic(scope, 'Topic', {
    topicName: nameOf(stage, 'alarms'),
    displayName: `login-etl ${stage}`,
    enforceSSL: true,
  });
  topic.addToResourcePolicy(
    // enforceSSL writes a policy, and any policy replaces SNS's default one, by which CloudWatch may publish.
    new iam.PolicyStatement({
      sid: 'Alarms',
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: { 'aws:SourceArn': alarmArns(scope, stage) },
      },
    }),
  );
  for (const email of alarms.emails) topic.addSubscription(new subscriptions.EmailSubscription(email));
  return topic;
}

function alarmArns(scope: Construct, stage: AwsSettings['stage']): string {
  return Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: nameOf(stage, '*'),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
