import {
  Duration,
  type aws_kms as kms,
  aws_lambda as lambda,
  type aws_logs as logs,
  type aws_sqs as sqs,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { nameOf } from '../names.ts';
import type { PipelineSettings } from '../settings/settings.ts';
import { layerKeys, type MaskKeys, maskKeyEnvironment } from './mask-key-environment.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

const INGEST = 'ingest';

export interface IngestProps extends MaskKeys {
  entry: string;
  queue: sqs.IQueue;
  log: logs.ILogGroup;
  /** How the function finds and enters its database. */
  database: Record<string, string>;
  files?: string[];
  network?: NonNullable<NodeFunctionProps['network']>;
  /** If the recovery vault is on. */
  vaultKey?: kms.IKey | null;
}

/** The function that stores login events, and the mapping that feeds it from the queue. */
export class Ingest extends Construct {
  readonly function: lambda.Function;
  readonly eventSource: lambda.EventSourceMapping;

  constructor(scope: Construct, settings: PipelineSettings, props: IngestProps) {
    super(scope, 'Ingest');
    const { stage, ingest } = settings;
    const ingestFunction = new NodeFunction(this, INGEST, {
      stage,
      description: 'Login events from the queue to masked rows',
      entry: props.entry,
      environment: {
        ...props.database,
        ...maskKeyEnvironment(settings, props),
        ...(props.vaultKey && { [ENV.vaultKmsKey]: props.vaultKey.keyArn }),
        [ENV.queueUrl]: props.queue.queueUrl,
        [ENV.service]: nameOf(stage, INGEST),
      },
      memoryMb: ingest.memoryMb,
      timeoutSeconds: ingest.timeoutSeconds,
      log: props.log,
      ...(props.files ? { files: props.files } : {}),
      ...(props.network ? { network: props.network } : {}),
    });
    ingestFunction.grantMac([props.rootKey, ...layerKeys(props)]);
    if (props.vaultKey) ingestFunction.grantVault('kms:GetPublicKey', props.vaultKey);
    const fn = ingestFunction.function;
    props.queue.grantConsumeMessages(fn);
    this.function = fn;
    this.eventSource = new lambda.EventSourceMapping(this, 'EventSource', {
      target: fn,
      eventSourceArn: props.queue.queueArn,
      enabled: !ingest.paused,
      batchSize: ingest.batchSize,
      maxBatchingWindow: Duration.seconds(ingest.windowSeconds),
      maxConcurrency: ingest.maxConcurrency,
      reportBatchItemFailures: true,
      metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    });
  }
}
