import type { Change } from './changes.ts';
import { FIELD_NAMES, FIELDS, type Field, type LoginEvent } from './fields/fields.ts';
import { Refusal } from './fields/reader.ts';
import type { FlatEvent } from './flatten.ts';
import type { Rejection } from './rejection.ts';

export type CheckedEvent =
  | { ok: true; event: LoginEvent; changes: readonly Change[] }
  | { ok: false; reason: Rejection };

const READERS = FIELD_NAMES.map((name) => ({ name, field: FIELDS[name] as Field }));

/** All properties at once: added one by one, the last two would take an object of their own. */
const NO_EVENT: Record<string, unknown> = Object.fromEntries(FIELD_NAMES.map((name) => [name, null]));

/** Reads the flattened fields by the contract; names the first field at fault. */
export function checkLoginEvent(fields: FlatEvent): CheckedEvent {
  const changes: Change[] = [];
  // Stryker disable next-line ObjectLiteral: only for speed
  const event = { ...NO_EVENT };
  for (const { name, field } of READERS) {
    const value = field.read(fields[name], changes, field.limit ?? 0);
    if (value instanceof Refusal) return { ok: false, reason: `${value.problem} ${name}` };
    event[name] = value;
  }
  return { ok: true, event: event as LoginEvent, changes };
}
