import type { ClassifiedError } from './classified-error.ts';
import type { InsertOutcome, RowOutcome } from './outcome.ts';

export interface IsolationParts<Row> {
  /** Writes all the rows or none. Gives an outcome per row, in their order; throws when the server refuses. */
  insert(rows: readonly Row[]): Promise<readonly InsertOutcome[]>;
  /** null: not an error of the write, so it is thrown on. */
  classify(error: unknown): ClassifiedError | null;
}

/**
 * Writes the rows at once and, when the server refuses, in halves until each guilty row stands alone: about
 * 2 * k * log2(n) statements for k guilty rows of n, one for none. An outage ends it for all that is not yet written.
 *
 * @returns an outcome per row, in their order
 */
export async function writeIsolating<Row>(rows: readonly Row[], parts: IsolationParts<Row>): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  const open: (readonly Row[])[] = rows.length > 0 ? [rows] : [];
  for (let chunk = open.pop(); chunk; chunk = open.pop()) {
    const result = await attempt(chunk, parts);
    if (!('kind' in result)) {
      for (const outcome of result) outcomes.push(outcome);
    } else if (result.kind === 'outage') {
      while (outcomes.length < rows.length) outcomes.push({ kind: 'retry', reason: `database ${result.code}` });
      return outcomes;
    } else if (chunk.length === 1) {
      outcomes.push(refusedAlone(result));
    } else {
      const middle = chunk.length >> 1;
      open.push(chunk.slice(middle), chunk.slice(0, middle));
    }
  }
  return outcomes;
}

async function attempt<Row>(
  chunk: readonly Row[],
  parts: IsolationParts<Row>,
): Promise<readonly InsertOutcome[] | ClassifiedError> {
  try {
    return await insertAll(chunk, parts);
  } catch (error) {
    const classified = parts.classify(error);
    if (!classified) throw error;
    return classified;
  }
}

async function insertAll<Row>(chunk: readonly Row[], parts: IsolationParts<Row>): Promise<readonly InsertOutcome[]> {
  const outcomes = await parts.insert(chunk);
  if (outcomes.length !== chunk.length) throw new RangeError('the write did not give an outcome for every row');
  return outcomes;
}

function refusedAlone(classified: ClassifiedError): RowOutcome {
  return classified.kind === 'data'
    ? { kind: 'rejected', reason: `refused ${classified.code}` }
    : { kind: 'retry', reason: `unclassified ${classified.code}` };
}
