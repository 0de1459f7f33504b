import type { FieldName } from './fields/fields.ts';
import type { FieldProblem } from './fields/reader.ts';

/** What a body is that holds no login, in the words of whoever sent it. */
export type BodyProblem = 'not_json' | 'not_object' | 'several_events' | 'pointer' | 'test_event' | 'encoded';

/**
 * Why a message can never become a row: a code, and a field's name where there is one. Never a value, so that a reason
 * may be logged, counted and shown to anyone.
 */
export type Rejection =
  | BodyProblem
  | 'too_complex'
  | 'bad_sent_timestamp'
  | 'bad_origin'
  | 'expired'
  | `${FieldProblem | 'ambiguous'} ${FieldName}`;
