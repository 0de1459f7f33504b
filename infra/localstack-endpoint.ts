/** The LocalStack of docker-compose.yml, as this machine sees it. */
export const COMPOSE_ENDPOINT = 'http://localhost:4566';

/** Region and credentials of every emulator: they accept any, and these are the ones their documentation uses. */
export const LOCAL_AWS = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' } as const;
