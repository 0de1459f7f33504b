import type { ClassifiedError } from '../../lambda/batch/classified-error.ts';
import type { IsolationParts } from '../../lambda/batch/isolate.ts';
import type { InsertOutcome } from '../../lambda/batch/outcome.ts';

/** What a server says of the first row that it refuses. */
export class Refusal extends Error {
  readonly classified: ClassifiedError;

  constructor(kind: ClassifiedError['kind'], code: string) {
    super('refused');
    this.classified = { kind, code };
  }
}

export type Answer = InsertOutcome | Error;

/** Stands for a database: takes all the rows of a statement, or none where it refuses one of them. */
export function createRefusingInsert<Row>(answerTo: (row: Row) => Answer) {
  const statements: (readonly Row[])[] = [];
  const parts: IsolationParts<Row> = {
    async insert(rows) {
      statements.push(rows);
      const answers = rows.map(answerTo);
      const error = answers.find((answer) => answer instanceof Error);
      if (error) throw error;
      return answers as InsertOutcome[];
    },
    classify: (error) => (error instanceof Refusal ? error.classified : null),
  };
  return { ...parts, statements };
}
