import type { DatabaseUrl } from './database.ts';

const POSTGRES_PORT = 5432;

/**
 * A login token of RDS, made here from the function's own credentials. It opens connections for 15 minutes, so each new
 * connection gets a new one.
 *
 * @returns throws an error with the code IAM_TOKEN where there are no credentials: an outage, like others of the database
 */
export function createIamToken({ host, port, user }: DatabaseUrl): () => Promise<string> {
  return async () => {
    try {
      const { Signer } = await import('@aws-sdk/rds-signer');
      const signer = new Signer({ hostname: host ?? '', port: Number(port || POSTGRES_PORT), username: user ?? '' });
      return await signer.getAuthToken();
    } catch {
      throw Object.assign(new Error('no token to log in with'), { code: 'IAM_TOKEN' });
    }
  };
}
