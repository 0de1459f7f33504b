/**
 * What an error of the write says about the rows in it:
 * - data: one of the rows is at fault, so the batch is split until that row stands alone, and is rejected
 * - outage: no row is at fault, so whatever is not yet written waits and comes back
 * - unknown: it does not tell, so the batch is split; what is refused even alone is tried again later
 */
export interface ClassifiedError {
  kind: 'data' | 'outage' | 'unknown';
  code: string;
  /** Of the constraint or column that refuses the row, from the catalog. */
  name?: string;
  /** Where in its statement the row stands at which the server stopped, from 0. A hint, and not always there. */
  row?: number;
}
