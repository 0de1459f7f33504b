/** Names of the function's environment variables, in one place for whoever sets them and whoever reads them. */
export const ENV = {
  databaseUrl: 'DATABASE_URL',
  databaseLogin: 'DATABASE_LOGIN',
  maskKey: 'MASK_KEY',
  maskKmsKey: 'MASK_KMS_KEY',
  maskKeyId: 'MASK_KEY_ID',
  maskLayerKey: 'MASK_LAYER_KEY',
  maskLayerKmsKey: 'MASK_LAYER_KMS_KEY',
  maskNextKeyId: 'MASK_NEXT_KEY_ID',
  maskNextLayerKey: 'MASK_NEXT_LAYER_KEY',
  maskNextLayerKmsKey: 'MASK_NEXT_LAYER_KMS_KEY',
  vaultPublicKey: 'VAULT_PUBLIC_KEY',
  vaultKmsKey: 'VAULT_KMS_KEY',
  vaultPrivateKey: 'VAULT_PRIVATE_KEY',
  maskAdopted: 'MASK_ADOPTED',
  queueUrl: 'QUEUE_URL',
  refreshViews: 'REFRESH_VIEWS',
  eraseAfterDays: 'ERASE_AFTER_DAYS',
  retryWait: 'RETRY_WAIT_SECONDS',
  longestRetryWait: 'RETRY_WAIT_MAX_SECONDS',
  /** Powertools' own name for it. */
  service: 'POWERTOOLS_SERVICE_NAME',
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;
