import type { SQSRecord } from 'aws-lambda';
import { flatten, isObject } from './flatten.ts';
import { type Identity, identify } from './identity.ts';
import { checkLoginEvent, type LoginEvent } from './login-event.ts';
import type { Rejection } from './rejection.ts';

export type ParsedMessage =
  | { ok: true; identity: Identity; event: LoginEvent; unknownKeys: number }
  | { ok: false; reason: Rejection };

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
  if (!checked.ok) return checked;
  const identified = identify(record, now);
  if (!identified.ok) return identified;
  return { ok: true, identity: identified.identity, event: checked.event, unknownKeys: flat.unknownKeys };
}

type ParsedBody = { ok: true; value: object } | { ok: false; reason: 'not_json' | 'not_object' };

/** An SNS notification (unless the subscription delivers raw messages) wraps the event as text in `Message`. */
export function parseBody(body: unknown): ParsedBody {
  const outer = parseObject(body);
  if (!outer.ok) return outer;
  const envelope = outer.value as { Type?: unknown; Message?: unknown };
  const isNotification = envelope.Type === 'Notification' && typeof envelope.Message === 'string';
  return isNotification ? parseObject(envelope.Message) : outer;
}

function parseObject(text: unknown): ParsedBody {
  if (typeof text !== 'string') return { ok: false, reason: 'not_json' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The error is not kept: its message quotes the text.
    return { ok: false, reason: 'not_json' };
  }
  return isObject(value) ? { ok: true, value } : { ok: false, reason: 'not_object' };
}
