import { aws_ec2 as ec2, aws_kms as kms, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Database } from '../constructs/database.ts';
import { HmacKey } from '../constructs/hmac-key.ts';
import { INGEST } from '../constructs/ingest.ts';
import { Network } from '../constructs/network.ts';
import { Queues } from '../constructs/queues.ts';
import { nameOf, roleNameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';

/** What must outlive every release: network, keys, database and queues. */
export class StatefulStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly queues: Queues;
  readonly hmacKey: kms.IKey;

  constructor(scope: Construct, settings: AwsSettings) {
    const { stage, retained } = settings;
    super(scope, nameOf(stage, 'stateful'), {
      description: `login-etl ${stage}: network, database, keys and queues`,
      terminationProtection: retained,
    });
    const removalPolicy = retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const dataKey = new kms.Key(this, 'DataKey', {
      description: 'Database and its backups',
      alias: nameOf(stage, 'data'),
      enableKeyRotation: true,
      removalPolicy,
    });
    this.hmacKey = new HmacKey(this, { alias: nameOf(stage, 'mac'), user: roleNameOf(stage, INGEST), retained }).key;
    this.network = new Network(this, settings);
    this.database = new Database(this, settings, this.network, dataKey);
    this.queues = new Queues(this, settings, removalPolicy);
    this.#openEndpoints();
  }

  #openEndpoints(): void {
    const { KMS, SECRETS_MANAGER, SQS } = ec2.InterfaceVpcEndpointAwsService;
    this.network.allow('Kms', { service: KMS, action: 'kms:GenerateMac', resource: this.hmacKey.keyArn });
    this.network.allow('Sqs', {
      service: SQS,
      action: 'sqs:ChangeMessageVisibility',
      resource: this.queues.queue.queueArn,
    });
    this.network.allow('SecretsManager', {
      service: SECRETS_MANAGER,
      action: 'secretsmanager:GetSecretValue',
      resource: this.database.cluster.secret?.secretArn ?? '',
    });
  }
}
