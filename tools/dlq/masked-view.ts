import type { SQSRecord } from 'aws-lambda';
import type { Masker } from '../../lambda/masking/masker.ts';
import { parseBody } from '../../lambda/message/body.ts';
import { FIELD_NAMES, FIELDS, type Field, type FieldName } from '../../lambda/message/fields/fields.ts';
import { Refusal } from '../../lambda/message/fields/reader.ts';
import { type FlatEvent, flatten } from '../../lambda/message/flatten.ts';
import { identify, ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import { epochOf, toIso } from './sent-at.ts';

/** A message as anybody may see it. */
export interface MaskedView {
  id: string;
  sentAt: string | null;
  /** SQS's count, over both queues. */
  receives: number;
  /** The id that the ledger knows it by, if it was sent back before and so has another one now. */
  first: { id: string; sentAt: string | null } | null;
  bodyBytes: number;
  /** null: there is no event in the body, or more than one. */
  event: Record<FieldName, unknown> | null;
  /** Keys of the body besides those, which are dropped. */
  unknownKeys: number | null;
  /** Message attributes besides the first id and send time. */
  otherAttributes: number;
}

const HIDDEN = '<hidden>';

export function maskedView(record: SQSRecord, masker: Masker | null): MaskedView {
  const { messageAttributes, attributes } = record;
  const { [ORIGIN_ATTRIBUTES.messageId]: id, [ORIGIN_ATTRIBUTES.sentAt]: time, ...others } = messageAttributes;
  // Long before any message, so that an origin too old to be used is shown all the same.
  const first = identify(record, 0);
  const wasSentBack = id !== undefined || time !== undefined;
  return {
    id: record.messageId,
    sentAt: toIso(epochOf(record)),
    receives: Number(attributes.ApproximateReceiveCount),
    first: wasSentBack && first.ok ? { id: first.identity.messageId, sentAt: toIso(first.identity.sentAt) } : null,
    bodyBytes: Buffer.byteLength(record.body),
    ...eventOf(record.body, masker),
    otherAttributes: Object.keys(others).length,
  };
}

function eventOf(body: string, masker: Masker | null): Pick<MaskedView, 'event' | 'unknownKeys'> {
  const parsed = parseBody(body);
  const flat = parsed.ok ? flatten(parsed.value) : null;
  if (!flat?.ok) return { event: null, unknownKeys: null };
  const shown = FIELD_NAMES.map((name) => [name, shownField(name, flat.fields, masker)]);
  return { event: Object.fromEntries(shown), unknownKeys: flat.unknownKeys };
}

/** What the table would hold, if anybody may see that; of a value that breaks the contract, only its type. */
function shownField(name: FieldName, fields: FlatEvent, masker: Masker | null): unknown {
  if (fields[name] === undefined) return '<missing>';
  const field: Field = FIELDS[name];
  const value = field.read(fields[name], [], field.limit ?? 0);
  if (value instanceof Refusal) return `<hidden: ${value.problem} ${name}, ${typeOf(fields[name])}>`;
  if (value === null) return null;
  if (typeof value === 'object') return masker ? masker.mask([value])[0] : HIDDEN;
  return field.shown ? value : HIDDEN;
}

function typeOf(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length}`;
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
