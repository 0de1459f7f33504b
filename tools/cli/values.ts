import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** For an option that counts something. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}

/** For an option that has to be between two whole numbers, both included. */
export function integerBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** For an option that is one of a few numbers. */
export function choice<const Choice extends number>(...choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((one) => `${one}` === text);
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`);
    return found;
  };
}

/** A required option that takes one of a few words. */
export function requiredChoice<const Flags extends string, const Choice extends string>(
  flags: Flags,
  description: string,
  choices: readonly Choice[],
) {
  return new Option(flags, description).choices(choices).makeOptionMandatory();
}

/** For an option that is a day. */
export function isoDate(text: string): string {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text) && new Date(text).toJSON()?.slice(0, 10) === text;
  if (!isDate) throw new InvalidArgumentError('It must be a day like 2026-01-31.');
  return text;
}

/** An option that takes one of a few words; the first is the default. */
export function oneOf<const Flags extends string, const Choice extends string>(
  flags: Flags,
  description: string,
  choices: readonly [Choice, ...Choice[]],
) {
  return new Option(flags, description).choices(choices).default(choices[0]);
}

/** For an option that names a month, such as 2026-01. */
export function isoMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('It must be a month like 2026-01.');
  return text;
}
