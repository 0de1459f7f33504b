import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { CommandFunction, type CommandFunctionProps } from '../constructs/command-function.ts';
import { makeLog } from '../constructs/function-logs.ts';
import { LocalHmacKey } from '../constructs/hmac-key.ts';
import { Ingest } from '../constructs/ingest.ts';
import { layerEnvironment, layerKeys, type MaskKeys, maskKeyEnvironment } from '../constructs/mask-key-environment.ts';
import { Queues } from '../constructs/queues.ts';
import { LocalVaultKey } from '../constructs/vault-key.ts';
import type { LocalKeyMaterial } from '../local-key.ts';
import { type CommandName, DATABASE, type FunctionName, functionsStackOf } from '../names.ts';
import type { PipelineSettings } from '../settings/settings.ts';

export interface LocalProps {
  /** The URL that the function uses. */
  databaseUrl: string;
  keyMaterial: LocalKeyMaterial;
}

interface LocalKeys extends MaskKeys {
  vaultKey: LocalVaultKey['key'] | null;
}

/**
 * Queue, keys and functions on LocalStack, in one stack. It has neither Aurora nor custom resources, so Postgres comes from
 * outside, and the function applies the migrations itself.
 */
export class LocalStackStack extends Stack {
  readonly #settings: PipelineSettings;

  constructor(scope: Construct, settings: PipelineSettings, { databaseUrl, keyMaterial }: LocalProps) {
    super(scope, functionsStackOf(settings.stage), { description: 'login-etl on LocalStack' });
    this.#settings = settings;
    const { queue, deadLetterQueue } = new Queues(this, settings, RemovalPolicy.DESTROY);
    const keys = this.#makeKeys(keyMaterial);
    new Ingest(this, settings, {
      entry: 'localstack/handler.ts',
      files: ['lambda/store/schema/migrations'],
      queue,
      ...keys,
      log: this.#makeLog('ingest'),
      database: { [ENV.databaseUrl]: databaseUrl },
    });
    this.#addCommands(databaseUrl, keys);
    new CfnOutput(this, 'QueueUrl', { value: queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetterQueue.queueUrl });
  }

  #makeKeys({ root, layer, nextLayer }: LocalKeyMaterial): LocalKeys {
    const { maskKeyId, nextMaskKeyId, recoveryVault } = this.#settings;
    const layerKey = (kid: string, material: Buffer) => new LocalHmacKey(this, `MaskLayerKey-${kid}`, material).key;
    return {
      rootKey: new LocalHmacKey(this, 'MaskKey', root).key,
      layerKey: layerKey(maskKeyId, layer),
      nextLayerKey: nextMaskKeyId !== null && nextLayer ? layerKey(nextMaskKeyId, nextLayer) : null,
      vaultKey: recoveryVault ? new LocalVaultKey(this, 'VaultKey').key : null,
    };
  }

  #addCommands(databaseUrl: string, keys: LocalKeys): void {
    const { nextLayerKey, vaultKey } = keys;
    const as = (role: string) => ({ [ENV.databaseUrl]: asRole(databaseUrl, role) });
    const pseudonyms = maskKeyEnvironment(this.#settings, keys);
    const macKeys = [keys.rootKey, ...layerKeys(keys)];
    this.#add('look', { environment: { [ENV.databaseUrl]: databaseUrl } });
    this.#add('pseudonym', { environment: pseudonyms, macKeys });
    this.#add('erase', { environment: as(DATABASE.eraser) });
    if (nextLayerKey) {
      const environment = { ...as(DATABASE.rekeyer), ...layerEnvironment(this.#settings, keys) };
      this.#add('rekey', { environment, macKeys: layerKeys(keys) });
    }
    if (this.#settings.adopted) {
      this.#add('adopt', { environment: { ...as(DATABASE.adopter), ...pseudonyms }, macKeys });
    }
    if (vaultKey) {
      this.#add('recover', {
        environment: { ...as(DATABASE.recoverer), [ENV.vaultKmsKey]: vaultKey.keyArn },
        vaultKey,
      });
    }
  }

  #add(name: CommandName, props: Pick<CommandFunctionProps, 'environment' | 'macKeys' | 'vaultKey'>): void {
    new CommandFunction(this, name, { stage: this.#settings.stage, log: this.#makeLog(name), ...props });
  }

  #makeLog(name: FunctionName) {
    return makeLog(this, name, this.#settings, RemovalPolicy.DESTROY);
  }
}

/** Logs in as before and then acts as a role of ours, which has no password: with its rights, and no others. */
function asRole(databaseUrl: string, role: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} -c role=${role}`.trim());
  return url.href;
}
