import type { ClassifiedError } from '../../lambda/batch/classified-error.ts';
import type { InsertOutcome } from '../../lambda/batch/outcome.ts';

/** What a server says of the first row that it refuses. */
export class Refusal extends Error {
  readonly classified: ClassifiedError;

  /** @param name of the constraint */
  constructor(kind: ClassifiedError['kind'], code: string, name?: string) {
    super('refused');
    this.classified = name === undefined ? { kind, code } : { kind, code, name };
  }
}

export type InsertAnswer = InsertOutcome | Error;

/**
 * Stands in for a database: takes all the rows of a statement, or none if it refuses one of them.
 *
 * @param hint where it says to have stopped, by where it did stop
 */
export function createRefusingInsert<Row>(
  answerTo: (row: Row) => InsertAnswer,
  hint: (stoppedAt: number) => number | undefined = () => undefined,
) {
  let row: number | undefined;
  const statements: (readonly Row[])[] = [];
  return {
    statements,
    async insert(rows: readonly Row[]): Promise<InsertOutcome[]> {
      if (rows.length === 0) throw new RangeError('a statement without rows');
      statements.push(rows);
      const answers = rows.map(answerTo);
      const error = answers.find((answer) => answer instanceof Error);
      row = error && hint(answers.indexOf(error));
      if (error) throw error;
      return answers as InsertOutcome[];
    },
    classify(error: unknown): ClassifiedError | null {
      if (!(error instanceof Refusal)) return null;
      return row === undefined ? error.classified : { ...error.classified, row };
    },
  };
}
