/**
 * Which messages of a batch an event source mapping keeps in the queue, by what the function answered. Follows
 * "Success and failure conditions" in AWS's guide to SQS event sources with ReportBatchItemFailures: an empty answer
 * is a success of all, one that makes no sense a failure of all. A misspelt top-level key is an empty answer, hence a
 * success, on AWS too.
 */
export function keptMessageIds(answer: unknown, messageIds: readonly string[]): ReadonlySet<string> {
  const all = new Set(messageIds);
  if (answer === null || answer === undefined) return new Set();
  if (typeof answer !== 'object' || Array.isArray(answer)) return all;
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === null || failures === undefined) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = failures.map((failure: unknown) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  const isSound = ids.every((id) => typeof id === 'string' && all.has(id));
  return isSound ? new Set(ids as string[]) : all;
}
