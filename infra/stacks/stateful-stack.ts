import { aws_ec2 as ec2, aws_kms as kms, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Database } from '../constructs/database.ts';
import { FunctionLogs } from '../constructs/function-logs.ts';
import { HmacKey } from '../constructs/hmac-key.ts';
import { Network } from '../constructs/network.ts';
import { Queues } from '../constructs/queues.ts';
import { VaultKey } from '../constructs/vault-key.ts';
import { nameOf, roleNameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';

/** What must outlive every release: network, keys, database, queues and logs. */
export class StatefulStack extends Stack {
  readonly network: Network;
  readonly database: Database;
  readonly queues: Queues;
  readonly rootKey: kms.IKey;
  readonly layerKey: kms.IKey;
  /** While layers are rotated. */
  readonly nextLayerKey: kms.IKey | null;
  /** If the recovery vault is on. */
  readonly vaultKey: kms.IKey | null;
  readonly logs: FunctionLogs;

  /**
   * @param isProtected false while the stack is first created: in a rollback RDS refuses to delete a protected cluster, and
   *   CloudFormation a protected stack
   */
  constructor(scope: Construct, settings: AwsSettings, isProtected = true) {
    const { stage, retained } = settings;
    super(scope, nameOf(stage, 'stateful'), {
      description: `login-etl ${stage}: network, database, keys, queues and logs`,
      terminationProtection: retained && isProtected,
    });
    // Kept in an update or a delete, and gone when its creation is rolled back: what stayed would block the next try.
    const removalPolicy = retained ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
    const dataKey = new kms.Key(this, 'DataKey', {
      description: 'Database and its backups',
      alias: nameOf(stage, 'data'),
      enableKeyRotation: true,
      removalPolicy,
    });
    this.network = new Network(this, settings);
    const access = { vpc: this.network.vpc, removalPolicy };
    const makePseudonyms = ['ingest', 'pseudonym', ...(settings.adopted ? ['adopt'] : [])].map((name) =>
      roleNameOf(stage, name),
    );
    this.rootKey = new HmacKey(this, 'MaskKey', {
      ...access,
      users: makePseudonyms,
      description: 'Pseudonyms of ip and device_id; without it no later login can be joined with the earlier ones',
      alias: nameOf(stage, 'mask'),
    }).key;
    // Named by its id, since another id needs another key: the old one stays for as long as a backup is under it.
    const layerKey = (kid: string, isEnabled = true) =>
      new HmacKey(this, `MaskLayerKey-${kid}`, {
        ...access,
        isEnabled,
        users: [...makePseudonyms, ...(settings.nextMaskKeyId === null ? [] : [roleNameOf(stage, 'rekey')])],
        description: `Layer ${kid} over the pseudonyms; without it they can be neither joined nor given another layer`,
        alias: nameOf(stage, `mask-layer-${kid}`),
      }).key;
    this.layerKey = layerKey(settings.maskKeyId);
    this.nextLayerKey = settings.nextMaskKeyId === null ? null : layerKey(settings.nextMaskKeyId);
    for (const kid of settings.retiredMaskKeyIds) layerKey(kid, false);
    this.vaultKey = settings.recoveryVault
      ? new VaultKey(this, 'VaultKey', {
          ...access,
          sealer: roleNameOf(stage, 'ingest'),
          opener: roleNameOf(stage, 'recover'),
          alias: nameOf(stage, 'vault'),
        }).key
      : null;
    this.database = new Database(this, settings, {
      network: this.network,
      key: dataKey,
      removalPolicy,
      isProtected: retained && isProtected,
    });
    this.logs = new FunctionLogs(this, settings, removalPolicy);
    this.queues = new Queues(this, settings, removalPolicy);
    this.#openEndpoints();
  }

  #openEndpoints(): void {
    const { KMS, SQS } = ec2.InterfaceVpcEndpointAwsService;
    this.network.allow('Kms', {
      service: KMS,
      actions: {
        'kms:GenerateMac': [this.rootKey, this.layerKey, this.nextLayerKey].flatMap((key) => key?.keyArn ?? []),
        ...(this.vaultKey && { 'kms:GetPublicKey': [this.vaultKey.keyArn], 'kms:Decrypt': [this.vaultKey.keyArn] }),
      },
    });
    this.network.allow('Sqs', {
      service: SQS,
      actions: { 'sqs:ChangeMessageVisibility': [this.queues.queue.queueArn] },
    });
  }
}
