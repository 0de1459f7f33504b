import { Aws, aws_events as events, aws_iam as iam, type aws_kms as kms, type aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { nameOf } from '../names.ts';
import { RUNBOOK_FILE } from '../runbook.ts';
import type { AwsSettings } from '../settings/settings.ts';

/** What lets somebody in, locks us out, or gives a value back. */
const ALWAYS_TOLD = ['CreateGrant', 'Decrypt', 'DisableKey', 'PutKeyPolicy', 'ReplicateKey', 'ScheduleKeyDeletion'];

export interface KeyWatchProps {
  keys: readonly kms.IKey[];
  /** Names of the roles whose GenerateMac is everyday work. */
  users: readonly string[];
  topic: sns.Topic;
}

/**
 * Tells of every use of the keys that is not everyday work. It hears of it through CloudTrail, so the account needs a trail
 * of management events that does not leave out KMS; KMS delivers on a best-effort basis (EventBridge reference, "AWS Key
 * Management Service events").
 */
export class KeyWatch extends Construct {
  constructor(scope: Construct, { stage, alarms }: AwsSettings, { keys, users, topic }: KeyWatchProps) {
    super(scope, 'KeyWatch');
    const role = ['userIdentity', 'sessionContext', 'sessionIssuer', 'userName'];
    const byOthers = [{ exists: false }, { 'anything-but': users }];
    const rule = new events.CfnRule(this, 'Rule', {
      name: nameOf(stage, 'key-use'),
      description: `Somebody used a key of the pseudonyms: ${alarms.runbook ?? RUNBOOK_FILE}#key-use`,
      // GenerateMac and Decrypt are read-only for CloudTrail, and a rule that is merely enabled leaves those out.
      state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      eventPattern: {
        source: ['aws.kms'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['kms.amazonaws.com'],
          resources: { ARN: keys.map(({ keyArn }) => keyArn) },
          $or: [{ eventName: ALWAYS_TOLD }, { eventName: ['GenerateMac'], ...nested(role, byOthers) }],
        },
      },
      targets: [{ id: 'Alarms', arn: topic.topicArn }],
    });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'KeyUse',
        principals: [new iam.ServicePrincipal('events.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': rule.attrArn },
        },
      }),
    );
  }
}

function nested(path: readonly string[], value: unknown): Record<string, unknown> {
  return path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;
}
