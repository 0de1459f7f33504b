import {
  ArnFormat,
  Duration,
  aws_iam as iam,
  aws_kms as kms,
  type RemovalPolicy,
  Stack,
  aws_sqs as sqs,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { visibilityTimeoutSeconds } from '../settings/derived.ts';
import { type Producer, parseProducer } from '../settings/producers.ts';
import type { PipelineSettings } from '../settings/settings.ts';

/** The longest that SQS takes: an empty queue costs the fewest calls. */
const LONG_POLL = Duration.seconds(20);

/** The queue of login events, and the one for messages that can never become a row. */
export class Queues extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;

  constructor(scope: Construct, settings: PipelineSettings, removalPolicy: RemovalPolicy) {
    super(scope, 'Queues');
    const { name, retentionDays, deadLetterRetentionDays, maxReceiveCount, producers } = settings.queue;
    const encryption = settings.queue.customerKey
      ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: this.#customerKey(removalPolicy) }
      : { encryption: sqs.QueueEncryption.SQS_MANAGED };
    const common = { ...encryption, enforceSSL: true, removalPolicy };

    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetterQueue', {
      ...common,
      queueName: `${name}-dlq`,
      retentionPeriod: Duration.days(deadLetterRetentionDays),
      redriveAllowPolicy: {
        redrivePermission: sqs.RedrivePermission.BY_QUEUE,
        sourceQueues: [sqs.Queue.fromQueueArn(this, 'Source', this.#arnOf(name))],
      },
    });
    this.queue = new sqs.Queue(this, 'LoginQueue', {
      ...common,
      queueName: name,
      retentionPeriod: Duration.days(retentionDays),
      visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds(settings)),
      receiveMessageWaitTime: LONG_POLL,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
    for (const producer of producers.map(parseProducer)) if (producer) this.#letSend(producer);
  }

  /** By name: a reference to the queue would close a circle, since the queue refers to the dead-letter queue. */
  #arnOf(queueName: string): string {
    return Stack.of(this).formatArn({ service: 'sqs', resource: queueName, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  }

  /** By hand: CDK's grant would let producers use the key for more than sending. */
  #letSend(producer: Producer): void {
    const who =
      'principal' in producer
        ? { principals: [new iam.ArnPrincipal(producer.principal)] }
        : {
            principals: [new iam.ServicePrincipal(producer.service)],
            // Or the service would send for anybody's topic or rule.
            conditions: { ArnEquals: { 'aws:SourceArn': producer.sourceArn } },
          };
    const allow = (actions: string[], resource: string) =>
      new iam.PolicyStatement({ ...who, actions, resources: [resource] });
    this.queue.addToResourcePolicy(allow(['sqs:SendMessage'], this.queue.queueArn));
    this.queue.encryptionMasterKey?.addToResourcePolicy(allow(['kms:GenerateDataKey', 'kms:Decrypt'], '*'));
  }

  #customerKey(removalPolicy: RemovalPolicy): kms.Key {
    return new kms.Key(this, 'Key', {
      description: 'Login events in the queues',
      enableKeyRotation: true,
      removalPolicy,
    });
  }
}
