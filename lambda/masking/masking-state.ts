/**
 * Which layer keys pseudonyms are written under, as the database says: `kid`, and while a rotation is open `nextKid` for
 * each value whose 32 digits under `kid` are below `frontier` (in the order of their bytes).
 */
export interface MaskingState {
  kid: string;
  nextKid: string | null;
  /** Up to 32 hex digits; '' where nothing has moved yet. */
  frontier: string;
  /** Goes up when values are erased. A bigint as text. */
  generation: string;
}
