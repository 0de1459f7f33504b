import { COMPOSE_ENDPOINT, LOCAL_AWS } from '../../infra/localstack-endpoint.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../../tools/cli/user-error.ts';

/** The Postgres of docker-compose.yml, as this machine sees it. */
const COMPOSE_DATABASE = 'postgres://postgres:postgres@localhost:5432/postgres';

export interface Deployment {
  endpoint: string;
  databaseUrl: string;
  /** Neither is elsewhere, so docker compose may start and stop both. */
  isCompose: boolean;
  /** For cdklocal and the AWS clients: LocalStack, whatever account the user's own settings name. */
  env: Record<string, string | undefined>;
}

/** @throws UserError when a variable makes no sense */
export function findDeployment(env: Environment): Deployment {
  const endpoint = env.AWS_ENDPOINT_URL || COMPOSE_ENDPOINT;
  if (!URL.canParse(endpoint))
    throw new UserError('AWS_ENDPOINT_URL is not a URL: it must be one like http://localhost:4566.');
  const { region, accessKeyId, secretAccessKey } = LOCAL_AWS;
  return {
    endpoint,
    databaseUrl: env.DATABASE_URL || COMPOSE_DATABASE,
    isCompose: !env.AWS_ENDPOINT_URL && !env.DATABASE_URL,
    env: {
      ...env,
      AWS_ENDPOINT_URL: endpoint,
      // cdklocal refuses one without the other.
      AWS_ENDPOINT_URL_S3: env.AWS_ENDPOINT_URL_S3 || endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_PROFILE: undefined,
      AWS_SESSION_TOKEN: undefined,
    },
  };
}
