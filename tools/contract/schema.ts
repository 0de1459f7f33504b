import { FIELD_NAMES, FIELDS, type Field } from '../../lambda/message/fields/fields.ts';
import { MAX_NODES } from '../../lambda/message/flatten.ts';

/** Neither U+0000 nor a lone surrogate. Not by `not`, which would refuse null as well. */
const STORABLE = '^[^\\u0000\\ud800-\\udfff]*$';

const DESCRIPTION =
  'A flat login event, as a message of the queue holds it. Stricter than the function: what this accepts becomes a ' +
  'row, and what it refuses may still become one, changed as lambda/README.md says.';

/** The contract of a flat event as a JSON Schema, whose patterns are meant with the flag u. */
export function loginEventSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Login event',
    description: DESCRIPTION,
    type: 'object',
    required: FIELD_NAMES.filter((name) => (FIELDS[name] as Field).rejects.includes('missing')),
    properties: Object.fromEntries(FIELD_NAMES.map((name) => [name, fieldSchema(FIELDS[name])])),
    // Objects may hold one of the fields a second time.
    additionalProperties: { type: ['string', 'number', 'boolean', 'null', 'array'] },
    maxProperties: MAX_NODES,
    // Such an object counts as an SNS notification, whose message holds the login.
    not: {
      required: ['Type', 'Message'],
      properties: { Type: { const: 'Notification' }, Message: { type: 'string' } },
    },
  };
}

function fieldSchema(field: Field): object {
  const { types, text, pattern, examples } = field.contract;
  return {
    description: text,
    type: field.nullable ? [...types, 'null'] : [...types],
    ...(types.includes('integer') && { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    ...(!field.nullable && { minLength: 1 }),
    ...(field.type === 'varchar' && !field.secret && { maxLength: field.limit }),
    pattern: pattern ?? STORABLE,
    examples,
  };
}
