import type { SQSRecord } from 'aws-lambda';
import { nameObject, parseBody } from './body.ts';
import type { Change } from './changes.ts';
import type { LoginEvent } from './fields/fields.ts';
import { isFirstReceive } from './first-receive.ts';
import { flatten } from './flatten.ts';
import { type Identity, identify } from './identity.ts';
import { checkLoginEvent } from './login-event.ts';
import type { Rejection } from './rejection.ts';

export interface ValidMessage {
  ok: true;
  identity: Identity;
  event: LoginEvent;
  /** What was changed in it or left out; each code once. */
  changes: readonly Change[];
  unknownKeys: number;
  isFirstReceive: boolean;
}

export type ParsedMessage = ValidMessage | { ok: false; reason: Rejection };

/**
 * Reads one SQS record: body to event, attributes to identity. Pure: the verdict depends on the record and the clock
 * alone, never on its neighbours in the batch.
 *
 * @param now milliseconds since 1970
 */
export function parseMessage(record: SQSRecord, now: number): ParsedMessage {
  const body = parseBody(record.body);
  if (!body.ok) return body;
  const flat = flatten(body.value);
  if (!flat.ok) return flat;
  const checked = checkLoginEvent(flat.fields);
  if (!checked.ok) return { ok: false, reason: (flat.isEmpty && nameObject(body.value)) || checked.reason };
  const identified = identify(record, now);
  if (!identified.ok) return identified;
  return {
    ok: true,
    identity: identified.identity,
    event: checked.event,
    changes: body.isEncodedTwice ? [...checked.changes, 'encoded_twice'] : checked.changes,
    unknownKeys: flat.unknownKeys,
    isFirstReceive: isFirstReceive(record),
  };
}
