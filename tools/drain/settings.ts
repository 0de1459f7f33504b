import { readConfig } from '../../lambda/settings/config.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';

/** An error that waiting cannot fix. */
export function wrongSetting(message: string): UserError {
  return new UserError(message, 2);
}

/**
 * @returns the URL of the queue
 * @throws ConfigError on the function's settings, UserError on the queue's
 */
export function checkSettings(env: Environment): string {
  const { queueUrl } = readConfig(env);
  if (!queueUrl)
    throw wrongSetting(`${ENV.queueUrl} is missing: set it to https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.`);
  if (new URL(queueUrl).pathname.endsWith('.fifo')) throw fifoQueue();
  return queueUrl;
}

/** Refused, since a rejected message is made visible at once, and would overtake or hold up the others of its group. */
export function fifoQueue(): UserError {
  return wrongSetting('This is a FIFO queue: drain works on standard queues only, since logins need no order.');
}

/** The region in the environment or, if it names none, in the queue's URL. */
export function regionOf(queueUrl: string, env: Environment): string {
  const { hostname } = new URL(queueUrl);
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || /^sqs\.([a-z0-9-]+)\./.exec(hostname)?.[1];
  if (!region) throw wrongSetting('AWS_REGION is missing, and the URL of the queue names no region.');
  return region;
}
