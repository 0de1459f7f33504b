import { errorName, JobError } from '../../errors.ts';
import { AWS_CLIENT } from '../../settings/aws-client.ts';

/**
 * The password that RDS keeps for the owner, as JSON with `username` and `password`.
 *
 * @throws JobError that quotes nothing of it
 */
export async function readOwnerPassword(secretArn: string): Promise<string> {
  const password = passwordIn(await readSecret(secretArn));
  if (password === null) throw new JobError('The secret of the owner is not what RDS writes: JSON with a password.');
  return password;
}

async function readSecret(secretArn: string): Promise<string> {
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient(AWS_CLIENT);
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    return SecretString ?? '';
  } catch (error) {
    throw new JobError(`The secret of the owner cannot be read (${errorName(error)}).`);
  } finally {
    client.destroy();
  }
}

function passwordIn(secret: string): string | null {
  try {
    const { password } = JSON.parse(secret);
    return typeof password === 'string' && password !== '' ? password : null;
  } catch {
    // The error is not kept: its message quotes the secret.
    return null;
  }
}
