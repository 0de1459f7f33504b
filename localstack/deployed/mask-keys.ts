import { createHmac, createSecretKey } from 'node:crypto';
import { localKeyMaterial } from '../../infra/local-key.ts';
import { localSettings } from '../../infra/local-settings.ts';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { nameOf } from '../../infra/names.ts';
import { KeyMismatchError } from '../../lambda/errors.ts';
import { ADOPTED_KEY_INFO, type DerivedKeys, LAYER_KEY_INFO, ROOT_KEY_INFO } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { areEnrolled } from '../../lambda/store/connection/key-check.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import type { Deployment } from './deployment.ts';

/** HKDF-Expand ends its message with the number of the block (RFC 5869, 2.3). */
const FIRST_BLOCK = Buffer.of(1);
const NO_TABLE = '42P01';
/** Beside the ids of layer keys. */
const ROOT = 'root';

/** The pseudonyms that a deployment with these settings gives, wherever its keys are. */
export function localMasker(env: Environment): Masker {
  const { maskKeyId, nextMaskKeyId, adopted } = localSettings(env);
  const { root, layer, nextLayer } = localKeyMaterial(env);
  return createMasker(maskKeyId, {
    isAdopted: adopted,
    root: expand(root, adopted ? ADOPTED_KEY_INFO : ROOT_KEY_INFO),
    layer: expand(layer, LAYER_KEY_INFO),
    ...(nextMaskKeyId !== null &&
      nextLayer && { next: { kid: nextMaskKeyId, layer: expand(nextLayer, LAYER_KEY_INFO) } }),
  });
}

/** As KMS does it with a key of this material. */
function expand<Name extends string>(material: Buffer, infos: Readonly<Record<Name, string>>): DerivedKeys<Name> {
  const keys = Object.entries<string>(infos).map(([name, info]) => [name, createSecretKey(macOf(material, info))]);
  return Object.fromEntries(keys);
}

function macOf(material: Buffer, info: string): Buffer {
  return createHmac('sha256', material).update(info).update(FIRST_BLOCK).digest();
}

/**
 * LocalStack makes a key when its stack is created, and goes on using it whatever later deployments say.
 *
 * @throws UserError if the database or the deployed function has other keys than a deployment with these settings would
 */
export async function refuseOtherKeys(at: Deployment, env: Environment): Promise<void> {
  await refuseOtherDatabase(at.databaseUrl, localMasker(env));
  const deployed = await deployedKeys(at);
  const { maskKeyId, nextMaskKeyId } = localSettings(env);
  const { root, layer, nextLayer } = localKeyMaterial(env);
  for (const [name, material, info, setting] of [
    [ROOT, root, ROOT_KEY_INFO.check, ENV.maskKey],
    [maskKeyId, layer, LAYER_KEY_INFO.check, ENV.maskLayerKey],
    [nextMaskKeyId, nextLayer, LAYER_KEY_INFO.check, ENV.maskNextLayerKey],
  ] as const) {
    const keyId = name === null ? undefined : deployed.get(name);
    if (!material || keyId === undefined || (await isKey(at, keyId, info, macOf(material, info)))) continue;
    throw new UserError(
      `The stack on LocalStack was made with another key than that of ${setting} and would keep it, so nothing was deployed: ` +
        'deploy with its own key, or take it down first (npx login-etl destroy --stage localstack).',
    );
  }
}

/** @throws UserError if the table has rows with pseudonyms of other keys */
export async function refuseOtherDatabase(databaseUrl: string, { checks }: Masker): Promise<void> {
  try {
    await withClient(databaseUrl, (client) => areEnrolled(client, checks));
  } catch (error) {
    if (error instanceof KeyMismatchError) throw new UserError(`Nothing was deployed. ${error.message}`);
    if ((error as { code?: string }).code !== NO_TABLE) throw error;
  }
}

/** @returns the root and, by their ids, the layers; nothing if the function does not exist yet */
async function deployedKeys(at: Deployment): Promise<Map<string, string>> {
  const { LambdaClient, GetFunctionConfigurationCommand, ResourceNotFoundException } = await import(
    '@aws-sdk/client-lambda'
  );
  const client = new LambdaClient(clientOf(at));
  try {
    const FunctionName = nameOf('localstack', 'ingest');
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const variables = Environment?.Variables ?? {};
    const keys = [
      [ROOT, variables[ENV.maskKmsKey]],
      [variables[ENV.maskKeyId], variables[ENV.maskLayerKmsKey]],
      [variables[ENV.maskNextKeyId], variables[ENV.maskNextLayerKmsKey]],
    ];
    return new Map(keys.filter((pair): pair is [string, string] => pair.every(Boolean)));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return new Map();
    throw new UserError(
      `LocalStack does not say what is deployed (${(error as Error).name}), so nothing was deployed.`,
    );
  } finally {
    client.destroy();
  }
}

/** A key that is gone, for example after a restart of LocalStack, is made again by the deployment. */
async function isKey(at: Deployment, KeyId: string, info: string, expected: Buffer): Promise<boolean> {
  const { KMSClient, GenerateMacCommand, NotFoundException } = await import('@aws-sdk/client-kms');
  const client = new KMSClient(clientOf(at));
  try {
    const Message = Buffer.concat([Buffer.from(info), FIRST_BLOCK]);
    const { Mac } = await client.send(new GenerateMacCommand({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message }));
    return Mac !== undefined && expected.equals(Mac);
  } catch (error) {
    if (error instanceof NotFoundException) return true;
    throw new UserError(`KMS on LocalStack does not answer (${(error as Error).name}), so nothing was deployed.`);
  } finally {
    client.destroy();
  }
}

function clientOf({ endpoint }: Deployment) {
  const { region, ...credentials } = LOCAL_AWS;
  return { endpoint, region, credentials };
}
