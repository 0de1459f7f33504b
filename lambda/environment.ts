/** Names of the function's environment variables, in one place for whoever sets them and whoever reads them. */
export const ENV = {
  databaseUrl: 'DATABASE_URL',
  maskKey: 'MASK_KEY',
  maskKeyId: 'MASK_KEY_ID',
  queueUrl: 'QUEUE_URL',
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;
