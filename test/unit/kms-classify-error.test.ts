import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../lambda/errors.ts';
import { classifyKmsError } from '../../lambda/keys/classify-error.ts';

/** As the client hands over what KMS said; the message may quote the setting. */
const answer = (name: string) => Object.assign(new Error('Key "arn:of:somebody" ...'), { name });

describe('of KMS', () => {
  test.for([
    'AccessDeniedException',
    'DependencyTimeoutException',
    'DisabledException',
    'ExpiredTokenException',
    'IncompleteSignature',
    'InvalidGrantTokenException',
    'KeyUnavailableException',
    'KMSInternalException',
    'KMSInvalidStateException',
    'LimitExceededException',
    'RequestExpired',
    'ThrottlingException',
    'CredentialsProviderError',
    'TimeoutError',
    'AbortError',
    'SyntaxError',
    'toString',
  ])('%s is an outage', (name) => {
    expect(classifyKmsError(answer(name), 'MASK_LAYER_KMS_KEY')).toBe(`kms ${name}`);
  });

  test.for(['NotFoundException', 'InvalidKeyUsageException', 'ValidationException', 'InvalidArnException'])(
    '%s is a wrong setting, which is named and not quoted',
    (name) => {
      expect(() => classifyKmsError(answer(name), 'MASK_LAYER_KMS_KEY')).toThrow(ConfigError);
      expect(() => classifyKmsError(answer(name), 'MASK_LAYER_KMS_KEY')).toThrow(
        new RegExp(`^.*MASK_LAYER_KMS_KEY .*\\(${name}\\)`),
      );
      expect(() => classifyKmsError(answer(name), 'MASK_LAYER_KMS_KEY')).not.toThrow('somebody');
    },
  );
});
