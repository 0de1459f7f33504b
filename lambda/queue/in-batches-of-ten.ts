/** The limit of every SQS call on several messages. */
const PER_CALL = 10;

/**
 * Hands the items over in tens, in calls side by side.
 *
 * @param call gives back those of its items that failed; it must not throw
 * @returns all that failed
 */
export async function inBatchesOfTen<T>(
  items: readonly T[],
  callsAtOnce: number,
  call: (ten: readonly T[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const failed: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let from = next; from < items.length; from = next) {
      next += PER_CALL;
      failed.push(...(await call(items.slice(from, from + PER_CALL))));
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
  return failed;
}
