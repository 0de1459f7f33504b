import type { SQSRecord } from 'aws-lambda';
import { type Canonical, canonicalDeviceId, canonicalIp } from '../../lambda/masking/canonical.ts';
import type { Masker } from '../../lambda/masking/masker.ts';
import { type FlatEvent, flatten } from '../../lambda/message/flatten.ts';
import { identify, ORIGIN_ATTRIBUTES } from '../../lambda/message/identity.ts';
import { checkLoginEvent } from '../../lambda/message/login-event.ts';
import { parseBody } from '../../lambda/message/parse-message.ts';
import { FIELD_NAMES, type FieldName } from '../../lambda/message/rejection.ts';
import { epochOf, toIso } from './sent-at.ts';

/** A message as anybody may see it. */
export interface MaskedView {
  id: string;
  sentAt: string | null;
  /** By SQS's count, in both queues. */
  receives: number;
  /** What the ledger knows it by, where that is not the above: it was sent back before. */
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
/** An event with nothing in it, to check one field at a time. */
const BLANK = { user_id: '-', app_version: '1', device_type: '-', ip: null, locale: null, device_id: null };

export function maskedView(record: SQSRecord, masker: Masker | null): MaskedView {
  const { messageAttributes, attributes } = record;
  const { [ORIGIN_ATTRIBUTES.messageId]: id, [ORIGIN_ATTRIBUTES.sentAt]: time, ...others } = messageAttributes;
  // Long before any message: an origin that is too old to be used is to be seen all the same.
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

/** What the table would hold of it; of a value that breaks the contract no more than its type. */
function shownField(name: FieldName, fields: FlatEvent, masker: Masker | null): unknown {
  if (!(name in fields)) return '<missing>';
  const value = fields[name];
  const checked = checkLoginEvent({ ...BLANK, [name]: value });
  if (!checked.ok) return `<hidden: ${checked.reason}, ${typeOf(value)}>`;
  const { ip, device_id } = checked.event;
  if (name === 'ip') return pseudonym(canonicalIp(ip), masker);
  if (name === 'device_id') return pseudonym(canonicalDeviceId(device_id), masker);
  return checked.event[name];
}

function pseudonym(value: Canonical | null, masker: Masker | null): string | null {
  if (value === null) return null;
  return masker ? (masker.mask([value])[0] ?? null) : HIDDEN;
}

function typeOf(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length}`;
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
