import { ENV, type Environment } from './environment.ts';

/** Days after which rows may be erased by age. A younger message can still come out of the queues and become a row again. */
export const ERASE_AFTER_DAYS = { least: 22, most: 36_500 } as const;

/**
 * @param problems gets a sentence where the setting is wrong
 * @returns null where nothing is erased by its age
 */
export function readEraseAfterDays(env: Environment, problems: string[]): number | null {
  const text = env[ENV.eraseAfterDays];
  if (!text) return null;
  const days = Number(text);
  const { least, most } = ERASE_AFTER_DAYS;
  if (!Number.isInteger(days) || days < least || days > most) {
    problems.push(`${ENV.eraseAfterDays} must be whole days from ${least} to ${most}.`);
  }
  return days;
}
