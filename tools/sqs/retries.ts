import type { SQSClient } from '@aws-sdk/client-sqs';
import { kindOf } from './sqs-error.ts';

/** The strategies of all modes that the SDK has today. */
interface RetryStrategy {
  acquireInitialRetryToken(scope: string): Promise<unknown>;
  refreshRetryTokenForRetry(token: unknown, info: { errorType: string }): Promise<unknown>;
  recordSuccess(token: unknown): void;
}

/** @returns what repeats a call as the client's own retry strategy would, with its waits, and throws the last error */
export function createRetries({ retryStrategy }: SQSClient['config']): <T>(attempt: () => Promise<T>) => Promise<T> {
  const given = retryStrategy() as unknown as Promise<RetryStrategy>;
  return async (attempt) => {
    const strategy = await given;
    for (let token = await strategy.acquireInitialRetryToken(''); ; ) {
      try {
        const answer = await attempt();
        strategy.recordSuccess(token);
        return answer;
      } catch (error) {
        // It waits, and throws an error of its own if there are no attempts left.
        token = await strategy.refreshRetryTokenForRetry(token, { errorType: kindOf(error) }).catch(() => {
          throw error;
        });
      }
    }
  };
}
