/** Of one generation; at two of them, about 40 MB. */
const GENERATION_SIZE = 200_000;

/**
 * Which values this function environment knows to be sealed, so that most of a batch needs no statement. When one
 * generation is full it becomes the old one, and the one that was old is forgotten: what comes often stays.
 */
export class SeenValues {
  readonly #size: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(size = GENERATION_SIZE) {
    this.#size = size;
  }

  has(key: string): boolean {
    if (this.#young.has(key)) return true;
    if (!this.#old.has(key)) return false;
    this.#add(key);
    return true;
  }

  /** Only what is committed. */
  add(key: string): void {
    // A copy: a piece of a text would keep the whole text, which is all digits of a batch.
    // Stryker disable next-line StringLiteral: ASCII is the same in both encodings
    this.#add(Buffer.from(key, 'latin1').toString('latin1'));
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #add(key: string): void {
    if (this.#young.size >= this.#size) [this.#young, this.#old] = [new Set(), this.#young];
    this.#young.add(key);
  }
}
