import { createHmac, createSecretKey } from 'node:crypto';
import { localKeyMaterial } from '../../infra/local-key.ts';
import { LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import { nameOf } from '../../infra/names.ts';
import { LOCALSTACK } from '../../infra/settings/settings.ts';
import { KeyMismatchError } from '../../lambda/errors.ts';
import { type DerivedKeys, LAYER_KEY_INFO, ROOT_KEY_INFO } from '../../lambda/masking/mask-keys.ts';
import { createMasker, type Masker } from '../../lambda/masking/masker.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { areEnrolled } from '../../lambda/store/connection/key-check.ts';
import { withClient } from '../../lambda/store/connection/with-client.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import type { Deployment } from './deployment.ts';

/** HKDF-Expand ends its message with the number of the block (RFC 5869, 2.3). */
const FIRST_BLOCK = Buffer.of(1);
const NO_TABLE = '42P01';

/** The pseudonyms that a deployment with these settings gives, wherever its keys are. */
export function localMasker(env: Environment): Masker {
  const { root, layer } = localKeyMaterial(env);
  return createMasker(LOCALSTACK.maskKeyId, {
    root: expand(root, ROOT_KEY_INFO),
    layer: expand(layer, LAYER_KEY_INFO),
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
  const { root, layer } = localKeyMaterial(env);
  for (const [keyId, material, info, setting] of [
    [deployed?.root, root, ROOT_KEY_INFO.check, ENV.maskKey],
    [deployed?.layer, layer, LAYER_KEY_INFO.check, ENV.maskLayerKey],
  ] as const) {
    if (keyId === undefined || (await isKey(at, keyId, info, macOf(material, info)))) continue;
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

/** @returns undefined if the function does not exist yet */
async function deployedKeys(at: Deployment): Promise<{ root?: string; layer?: string } | undefined> {
  const { LambdaClient, GetFunctionConfigurationCommand, ResourceNotFoundException } = await import(
    '@aws-sdk/client-lambda'
  );
  const client = new LambdaClient(clientOf(at));
  try {
    const FunctionName = nameOf('localstack', 'ingest');
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const { [ENV.maskKmsKey]: root, [ENV.maskLayerKmsKey]: layer } = Environment?.Variables ?? {};
    return { ...(root && { root }), ...(layer && { layer }) };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
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
