import { isObject } from './flatten.ts';
import type { BodyProblem } from './rejection.ts';

export type ParsedBody = { ok: true; value: object; isEncodedTwice: boolean } | { ok: false; reason: BodyProblem };

/** An SNS notification (unless the subscription delivers raw messages) wraps the event as text in `Message`. */
export function parseBody(body: unknown): ParsedBody {
  const outer = parseText(body);
  if (!outer.ok) return outer;
  const envelope = outer.value as { Type?: unknown; Message?: unknown };
  if (envelope.Type !== 'Notification' || typeof envelope.Message !== 'string') return outer;
  const inner = parseText(envelope.Message);
  return inner.ok ? { ...inner, isEncodedTwice: inner.isEncodedTwice || outer.isEncodedTwice } : inner;
}

/** What an object without any field of a login is, where it is known; null: only a login that lacks its fields. */
export function nameObject(value: object): BodyProblem | null {
  const { Records, Event } = value as { Records?: unknown; Event?: unknown };
  if (Array.isArray(Records)) return 'several_events';
  return Event === 's3:TestEvent' ? 'test_event' : null;
}

function parseText(text: unknown): ParsedBody {
  if (typeof text !== 'string') return { ok: false, reason: 'not_json' };
  const plain = withoutByteOrderMark(text);
  const once = parseJson(plain);
  if (once === undefined) return { ok: false, reason: nameText(plain) };
  if (typeof once !== 'string') return toObject(once, false);
  const twice = parseJson(withoutByteOrderMark(once));
  return twice === undefined ? { ok: false, reason: 'not_json' } : toObject(twice, true);
}

function toObject(value: unknown, isEncodedTwice: boolean): ParsedBody {
  if (isObject(value)) return { ok: true, value, isEncodedTwice };
  return { ok: false, reason: Array.isArray(value) ? nameArray(value) : 'not_object' };
}

/** How the Java client libraries for large messages begin one that they have put into S3. */
const POINTERS: readonly unknown[] = [
  'software.amazon.payloadoffloading.PayloadS3Pointer',
  'com.amazon.sqs.javamessaging.MessageS3Pointer',
];

function nameArray(array: readonly unknown[]): BodyProblem {
  if (array.length === 0) return 'not_object';
  return POINTERS.includes(array[0]) ? 'pointer' : 'several_events';
}

/** Shorter texts of letters and digits are words as well. */
const MIN_ENCODED = 16;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

function nameText(text: string): BodyProblem {
  if (text.length >= MIN_ENCODED && text.length % 4 === 0 && BASE64.test(text)) return 'encoded';
  const endOfLine = text.indexOf('\n');
  // Stryker disable next-line EqualityOperator: an empty first line is not JSON either
  const isLines = endOfLine > 0 && isObject(parseJson(text.slice(0, endOfLine)));
  return isLines ? 'several_events' : 'not_json';
}

/** Some programs begin every file with it, and JSON.parse refuses it. */
function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** @returns undefined for what is not JSON; the error is not kept, since its message quotes the text */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
    // Stryker disable next-line BlockStatement: nothing returned is undefined too
  } catch {
    return undefined;
  }
}
