/** Called with each batch's reasons why messages were not stored; empty if all were. */
export type RepeatedReasons = (reasons: readonly string[]) => void;

/**
 * Names a reason that comes up again, so nobody has to wonder what a run is waiting for: at the second try in a row, the
 * fourth, the eighth and so on.
 *
 * @param say gets a line
 */
export function createRepeatedReasons(say: (line: string) => void): RepeatedReasons {
  const tries = new Map<string, number>();
  return (reasons) => {
    for (const gone of [...tries.keys()].filter((reason) => !reasons.includes(reason))) tries.delete(gone);
    for (const reason of new Set(reasons)) {
      const count = (tries.get(reason) ?? 0) + 1;
      tries.set(reason, count);
      if (count > 1 && Number.isInteger(Math.log2(count))) {
        say(`Still not stored after ${count} tries, trying again: ${reason}`);
      }
    }
  };
}
