import type { Change } from '../changes.ts';

export type FieldProblem = 'missing' | 'wrong_type' | 'empty' | 'too_long' | 'bad_text';

/** Returned instead of a value: the message can never become a row. */
export class Refusal<Problem extends FieldProblem = FieldProblem> {
  readonly problem: Problem;

  constructor(problem: Problem) {
    this.problem = problem;
  }
}

/** One of each, so that refusing makes nothing new. */
export const MISSING = new Refusal('missing');
export const WRONG_TYPE = new Refusal('wrong_type');
export const EMPTY = new Refusal('empty');
export const TOO_LONG = new Refusal('too_long');
export const BAD_TEXT = new Refusal('bad_text');

/**
 * Reads one field of a message.
 *
 * @param value as JSON gave it; undefined where the message does not have the field
 * @param changes gets a code for what was changed or left out
 * @param limit the length of the column, in code points
 */
export type Reader<Value> = (value: unknown, changes: Change[], limit: number) => Value | Refusal;
