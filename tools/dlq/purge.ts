import { confirm, requireSomebody } from '../cli/confirm.ts';
import { type Counts, countUp } from '../cli/counts.ts';
import { formatCount } from '../cli/progress.ts';
import { UserError } from '../cli/user-error.ts';
import { countLines, messages, refuseUnknownReason } from './counts.ts';
import { hasReason } from './diagnose.ts';
import type { Lease } from './lease.ts';
import type { QueueAnswer, QueueCommandLine } from './queue-command.ts';
import { withProgress } from './with-progress.ts';

/** An interrupt is noticed between two of these. */
const DELETES_AT_ONCE = 100;

export async function purge(line: QueueCommandLine): Promise<QueueAnswer> {
  const { options, withLease, hidden, stop, stderr } = line;
  if (!options.yes) requireSomebody(line);
  return withLease(async (lease) => {
    const { counts, ids, others } = await findMatching(lease, line);
    stop.throwIfAborted();
    if (ids.length === 0) refuseUnknownReason(line.options.reason, others);
    if (ids.length > 0 && !options.yes) {
      stderr.write(`${messages(ids.length)} will be deleted for good:\n${countLines(counts)}`);
      const count = `${ids.length}`;
      const isWanted = await confirm(`Type ${count}, or purge, to delete: `, [count, 'purge'], line);
      if (!isWanted) return answer(counts, ids.length, 0, hidden());
    }
    return answer(counts, ids.length, await deleteAll(ids, lease, stop), hidden());
  });
}

async function findMatching(lease: Lease, { options, queue, diagnose }: QueueCommandLine) {
  const counts: Counts = {};
  const others: Counts = {};
  const ids: string[] = [];
  let seen = 0;
  const findAll = async () => {
    for await (const record of lease.messages()) {
      seen++;
      const diagnosis = await diagnose(record);
      if (!hasReason(diagnosis, options.reason)) {
        countUp(others, diagnosis.reason);
        continue;
      }
      countUp(counts, diagnosis.reason);
      ids.push(record.messageId);
    }
  };
  await withProgress(() => seen, queue.visible, findAll);
  return { counts, ids, others };
}

async function deleteAll(ids: readonly string[], lease: Lease, stop: AbortSignal): Promise<number> {
  // A delete with a handle that is out of date looks like one that worked.
  const isOver = () => Date.now() > lease.endsAt;
  if (isOver()) throw new UserError('The answer took too long, so nothing was deleted: run this again.');
  let deleted = 0;
  const deleteInParts = async () => {
    for (let from = 0; from < ids.length && !stop.aborted && !isOver(); from += DELETES_AT_ONCE) {
      const some = ids.slice(from, from + DELETES_AT_ONCE);
      const done = await lease.delete(some);
      deleted += done;
      if (done < some.length) return;
    }
  };
  await withProgress(() => deleted, ids.length, deleteInParts);
  return deleted;
}

function answer(counts: Counts, matching: number, deleted: number, hidden: number): QueueAnswer {
  const left = matching - deleted;
  return {
    json: { matching: counts, deleted, left, hidden },
    text: `Deleted ${messages(deleted)}${left === 0 ? '' : `; ${formatCount(left)} more could not be deleted`}.\n`,
    // What is hidden was not deleted either.
    isComplete: left + hidden === 0,
  };
}
