import { FIELD_NAMES, FIELDS, type LoginColumns } from '../message/fields/fields.ts';

/** One row of `user_logins` and its ledger key. */
export type LoginRow = LoginColumns & {
  /** Lower-case uuid. */
  message_id: string;
  /** Milliseconds since 1970; gives `create_date`, and with `message_id` the ledger key. */
  sent_at: number;
};

export interface Column {
  name: keyof LoginColumns;
  type: 'varchar' | 'integer';
}

// Stryker disable ObjectLiteral: only a database can tell
/** All columns of `user_logins` but `create_date`. */
export const COLUMNS: readonly Column[] = FIELD_NAMES.map((field) => ({
  name: FIELDS[field].column,
  type: FIELDS[field].type,
}));
