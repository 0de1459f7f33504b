import type { ClassifiedError } from './classified-error.ts';
import type { InsertOutcome, RowOutcome } from './outcome.ts';

export interface IsolationParts {
  /** Writes the rows from one index to before another, all or none; throws when the server refuses. */
  insert(from: number, to: number): Promise<readonly InsertOutcome[]>;
  /** null: not an error of the write, so it is thrown on. */
  classify(error: unknown): ClassifiedError | null;
}

interface Range {
  from: number;
  to: number;
  isBeforeSuspect?: boolean;
}

/**
 * Writes the rows at once and, when the server refuses, in parts until each guilty row stands alone. Where the server
 * says which row it stopped at, that row and those before it become parts of their own, so that one guilty row of many
 * costs five statements; all others are halved, so that k guilty rows of n cost about 4 * k * log2(n) at most.
 * An outage ends it for all that is not yet written.
 *
 * @returns an outcome per row, in their order
 */
export async function writeIsolating(count: number, parts: IsolationParts): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = [];
  const open: Range[] = count > 0 ? [{ from: 0, to: count }] : [];
  for (let range = open.pop(); range; range = open.pop()) {
    const result = await attempt(range, parts);
    if (!('kind' in result)) {
      for (const outcome of result) outcomes.push(outcome);
    } else if (result.kind === 'outage') {
      while (outcomes.length < count) outcomes.push({ kind: 'retry', reason: `database ${result.code}` });
      return outcomes;
    } else if (range.to - range.from === 1) {
      outcomes.push(refusedAlone(result));
    } else {
      open.push(...split(range, result.row).reverse());
    }
  }
  return outcomes;
}

/** Into those before the suspect, the suspect itself, and two halves of the rest. */
function split({ from, to, isBeforeSuspect }: Range, suspect = -1): Range[] {
  // If those before it are refused too, the hint was wrong, and the next one could be as well.
  const hasSuspect = !isBeforeSuspect && suspect >= 0 && suspect < to - from;
  const at = from + suspect;
  const rest = hasSuspect ? at + 1 : from;
  const middle = rest + ((to - rest) >> 1);
  const before: Range[] = hasSuspect
    ? [
        { from, to: at, isBeforeSuspect: true },
        { from: at, to: rest },
      ]
    : // Stryker disable next-line ArrayDeclaration: a part without an end is left out below
      [];
  return [...before, { from: rest, to: middle }, { from: middle, to }].filter((part) => part.to > part.from);
}

async function attempt(range: Range, parts: IsolationParts): Promise<readonly InsertOutcome[] | ClassifiedError> {
  try {
    return await insertAll(range, parts);
  } catch (error) {
    const classified = parts.classify(error);
    if (!classified) throw error;
    return classified;
  }
}

async function insertAll({ from, to }: Range, parts: IsolationParts): Promise<readonly InsertOutcome[]> {
  const outcomes = await parts.insert(from, to);
  // Stryker disable next-line StringLiteral: for a person; safeError leaves it out of the log
  if (outcomes.length !== to - from) throw new RangeError('the write did not give an outcome for every row');
  return outcomes;
}

function refusedAlone({ kind, code, name }: ClassifiedError): RowOutcome {
  if (kind !== 'data') return { kind: 'retry', reason: `unclassified ${code}` };
  return { kind: 'rejected', reason: name === undefined ? `refused ${code}` : `refused ${code} ${name}` };
}
