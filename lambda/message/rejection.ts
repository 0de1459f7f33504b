/** The keys of a login event; every other key is dropped. */
export const FIELD_NAMES = ['user_id', 'app_version', 'device_type', 'ip', 'locale', 'device_id'] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

export type FieldProblem = 'missing' | 'wrong_type' | 'bad_text' | 'empty' | 'too_long' | 'ambiguous';

/**
 * Why a message can never become a row: a code, and a field's name where there is one. Never a value, so that a reason
 * may be logged, counted and shown to anyone.
 */
export type Rejection =
  | 'not_json'
  | 'not_object'
  | 'too_complex'
  | 'bad_version'
  | 'bad_sent_timestamp'
  | 'bad_origin'
  | 'expired'
  | `${FieldProblem} ${FieldName}`;
