/**
 * What an error of the write says about the rows in it:
 * - data: one of the rows is at fault, so the batch is split until that row stands alone, and is rejected
 * - outage: no row is at fault, so whatever is not yet written waits and comes back
 * - unknown: the error does not say, so the batch is split; what is refused even alone is tried again later
 */
export interface ClassifiedError {
  kind: 'data' | 'outage' | 'unknown';
  code: string;
  /** The constraint or column that refuses the row, from the catalog. */
  name?: string;
  /** Index in the statement of the row at which the server stopped. A hint, and not always there. */
  row?: number;
}
