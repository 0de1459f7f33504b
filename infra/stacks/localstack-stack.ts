import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { CommandFunction } from '../constructs/command-function.ts';
import { makeLog } from '../constructs/function-logs.ts';
import { LocalHmacKey } from '../constructs/hmac-key.ts';
import { Ingest } from '../constructs/ingest.ts';
import { maskKeyEnvironment } from '../constructs/mask-key-environment.ts';
import { Queues } from '../constructs/queues.ts';
import type { LocalKeyMaterial } from '../local-key.ts';
import { functionsStackOf } from '../names.ts';
import type { PipelineSettings } from '../settings/settings.ts';

export interface LocalProps {
  /** The URL that the function uses. */
  databaseUrl: string;
  keyMaterial: LocalKeyMaterial;
}

/**
 * Queue, keys and function on LocalStack, in one stack. It has neither Aurora nor custom resources, so Postgres comes from
 * outside, and the function applies the migrations itself.
 */
export class LocalStackStack extends Stack {
  constructor(scope: Construct, settings: PipelineSettings, { databaseUrl, keyMaterial }: LocalProps) {
    super(scope, functionsStackOf(settings.stage), { description: 'login-etl on LocalStack' });
    const { queue, deadLetterQueue } = new Queues(this, settings, RemovalPolicy.DESTROY);
    const { key: rootKey } = new LocalHmacKey(this, 'MaskKey', keyMaterial.root);
    const { key: layerKey } = new LocalHmacKey(this, 'MaskLayerKey', keyMaterial.layer);
    new Ingest(this, settings, {
      entry: 'localstack/handler.ts',
      files: ['lambda/store/schema/migrations'],
      queue,
      rootKey,
      layerKey,
      log: makeLog(this, 'ingest', settings, RemovalPolicy.DESTROY),
      database: { [ENV.databaseUrl]: databaseUrl },
    });
    new CommandFunction(this, 'look', {
      stage: settings.stage,
      description: 'Looks at the table, for those who may not enter the network',
      entry: 'lambda/look-handler.ts',
      environment: { [ENV.databaseUrl]: databaseUrl },
      log: makeLog(this, 'look', settings, RemovalPolicy.DESTROY),
    });
    new CommandFunction(this, 'pseudonym', {
      stage: settings.stage,
      description: 'Pseudonyms of known values',
      entry: 'lambda/pseudonym-handler.ts',
      environment: maskKeyEnvironment(settings, { rootKey, layerKey }),
      macKeys: [rootKey, layerKey],
      log: makeLog(this, 'pseudonym', settings, RemovalPolicy.DESTROY),
    });
    new CfnOutput(this, 'QueueUrl', { value: queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetterQueue.queueUrl });
  }
}
