import { constants, createHmac, createPublicKey, privateDecrypt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type AwsAnswer, type AwsInput, type AwsServer, startAwsServer, stubAwsEnvironment } from './aws-server.ts';
import { TEST_LAYER_KEY } from './function.ts';

export const KMS_KEY = 'alias/login-etl';
export const KMS_LAYER_KEY = 'alias/login-etl-layer';
/** The RSA key, if its private half was given. */
export const KMS_VAULT_KEY = 'alias/login-etl-vault';

export interface Kms extends AwsServer {
  /** From now on every call, or the calls for one info, get this error; null: none. */
  failWith(failure: { error: string; status?: number; info?: string } | null): void;
  /** How long every call from now on takes, unless it fails. */
  slowDown(ms: number): void;
  /** How long the answers are. */
  truncateTo(bytes: number): void;
}

/**
 * KMS with the keys `KMS_KEY` and `KMS_LAYER_KEY`, into which HKDF-Extract of the masters was imported.
 *
 * @param maskKey the master, as in MASK_KEY
 * @param layerKey likewise
 * @param vaultPem the private half of `KMS_VAULT_KEY`
 */
export async function startKms(maskKey: string, layerKey = TEST_LAYER_KEY, vaultPem = ''): Promise<Kms> {
  const materials = new Map<unknown, Buffer>([
    [KMS_KEY, extract(maskKey)],
    [KMS_LAYER_KEY, extract(layerKey)],
  ]);
  let failure: Parameters<Kms['failWith']>[0] = null;
  let length = 32;
  let delayMs = 0;

  async function answer(
    operation: string,
    { KeyId, MacAlgorithm, Message, CiphertextBlob }: AwsInput,
  ): Promise<AwsAnswer> {
    const message = Buffer.from(`${Message}`, 'base64');
    if (failure && message.includes(failure.info ?? '')) return failure;
    if (KeyId === KMS_VAULT_KEY && vaultPem !== '') return answerOfVault(operation, vaultPem, CiphertextBlob);
    if (operation === 'GetPublicKey') {
      return { error: materials.has(KeyId) ? 'UnsupportedOperationException' : 'NotFoundException' };
    }
    if (operation !== 'GenerateMac') return { error: 'UnknownOperationException' };
    const material = materials.get(KeyId);
    if (!material) return { error: 'NotFoundException' };
    if (MacAlgorithm !== 'HMAC_SHA_256') return { error: 'InvalidKeyUsageException' };
    await setTimeout(delayMs);
    const mac = createHmac('sha256', material).update(message).digest();
    const Mac = Buffer.concat([mac, mac]).subarray(0, length).toString('base64');
    return { output: { KeyId: 'arn:aws:kms:eu-central-1:000000000000:key/test', MacAlgorithm, Mac } };
  }

  const server = await startAwsServer(answer);
  stubAwsEnvironment({ AWS_ENDPOINT_URL_KMS: server.endpoint });
  return {
    ...server,
    failWith(next) {
      failure = next;
    },
    slowDown(ms) {
      delayMs = ms;
    },
    truncateTo(bytes) {
      length = bytes;
    },
  };
}

function answerOfVault(operation: string, pem: string, ciphertext: unknown): AwsAnswer {
  const KeyId = 'arn:aws:kms:eu-central-1:000000000000:key/vault';
  if (operation === 'GetPublicKey') {
    const PublicKey = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
    return { output: { KeyId, PublicKey, KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'RSA_3072' } };
  }
  if (operation !== 'Decrypt') return { error: 'InvalidKeyUsageException' };
  const key = { key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  try {
    const Plaintext = privateDecrypt(key, Buffer.from(`${ciphertext}`, 'base64')).toString('base64');
    return { output: { KeyId, Plaintext } };
  } catch {
    return { error: 'InvalidCiphertextException' };
  }
}

function extract(setting: string): Buffer {
  const master = Buffer.from(setting.replace(/^hex:/, ''), 'hex');
  return createHmac('sha256', '').update(master).digest();
}
