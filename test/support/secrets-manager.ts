import { type AwsAnswer, type AwsServer, startAwsServer, stubAwsEnvironment } from './aws-server.ts';

export const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:rds!cluster-test';

/**
 * Secrets Manager with one secret.
 *
 * @param secret its text, or an error of the service
 */
export async function startSecretsManager(secret: string | { error: string; status?: number }): Promise<AwsServer> {
  const answer = (operation: string, { SecretId }: Readonly<Record<string, unknown>>): AwsAnswer => {
    if (operation !== 'GetSecretValue' || SecretId !== SECRET_ARN) return { error: 'ResourceNotFoundException' };
    return typeof secret === 'string' ? { output: { ARN: SECRET_ARN, SecretString: secret } } : secret;
  };
  const server = await startAwsServer(answer);
  stubAwsEnvironment({ AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint });
  return server;
}
