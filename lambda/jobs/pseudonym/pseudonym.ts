import type { Masked, Masker } from '../../masking/masker.ts';
import type { Change } from '../../message/changes.ts';
import { FIELD_NAMES, FIELDS, type FieldName } from '../../message/fields/fields.ts';
import { type FieldProblem, Refusal } from '../../message/fields/reader.ts';

type Fields = typeof FIELDS;
/** A field that is stored as a pseudonym. */
export type SecretField = { [Name in FieldName]: Fields[Name] extends { secret: true } ? Name : never }[FieldName];
export const SECRET_FIELDS = FIELD_NAMES.filter((name): name is SecretField => 'secret' in FIELDS[name]);

export type PseudonymAnswer =
  | {
      /** Under each layer key there is: one, two while layers are rotated, and none where null is stored in its place. */
      pseudonyms: Masked[];
      /** What is changed in the value before it is masked, or why it is left out. */
      changes: Change[];
    }
  | { refused: FieldProblem };

/** What the function stores in the place of a value. */
export function pseudonymOf(field: SecretField, value: string, masker: Masker): PseudonymAnswer {
  const changes: Change[] = [];
  const { read, limit } = FIELDS[field];
  const canonical = read(value, changes, limit);
  if (canonical instanceof Refusal) return { refused: canonical.problem };
  const under = (kid: string) => masker.mask([canonical], { kid, nextKid: null, frontier: '' });
  return { pseudonyms: masker.kids.flatMap(under).filter((pseudonym) => pseudonym !== null), changes };
}
