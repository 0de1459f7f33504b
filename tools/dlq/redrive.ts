import { type Counts, countUp, total } from '../cli/counts.ts';
import { choose } from './choose.ts';
import { countLines, messages, refuseUnknownReason } from './counts.ts';
import type { Lease } from './lease.ts';
import { createPace } from './pace.ts';
import type { QueueAnswer, QueueCommandLine } from './queue-command.ts';
import { sendBack } from './send-back.ts';
import { findSourceQueue } from './source-queue.ts';
import { withProgress } from './with-progress.ts';

const SENDS_AT_ONCE = 8;

interface Done {
  sent: number;
  /** Sent, but still here: the next run sends it again, and the ledger recognises it. */
  notDeleted: number;
  left: Counts;
  /** Not asked for, by reason. */
  others: Counts;
}

export async function redrive(line: QueueCommandLine): Promise<QueueAnswer> {
  const { options, queue, stop, withLease } = line;
  const to = await findSourceQueue(queue, options.to);
  const done: Done = { sent: 0, notDeleted: 0, left: {}, others: {} };
  // With a reason nobody knows how many have to be looked at.
  const expected = options.reason === undefined ? Math.min(queue.visible, options.limit) : queue.visible;
  try {
    await withProgress(
      () => done.sent + total(done.left) + total(done.others),
      expected,
      () => withLease((lease) => sendAll(lease, to, done, line)),
    );
  } catch (error) {
    line.stderr.write(report(done, options.dryRun));
    throw error;
  }
  if (!stop.aborted && done.sent + total(done.left) === 0) refuseUnknownReason(options.reason, done.others);
  const { others: _, ...counts } = done;
  return {
    json: { queueUrl: queue.url, to, dryRun: options.dryRun, ...counts, hidden: line.hidden() },
    text: report(done, options.dryRun),
    // What is hidden was not sent either.
    isComplete: done.notDeleted + total(done.left) + line.hidden() === 0,
  };
}

async function sendAll(lease: Lease, to: string, done: Done, line: QueueCommandLine): Promise<void> {
  const { options, queue, stop } = line;
  const choices = choose(lease, line);
  const myTurn = createPace(options.rate, stop);
  const failures: unknown[] = [];
  const worker = async () => {
    for await (const choice of choices) {
      if ('other' in choice) {
        countUp(done.others, choice.other);
        continue;
      }
      if ('left' in choice) {
        countUp(done.left, choice.left);
        continue;
      }
      await myTurn();
      if (stop.aborted || failures.length > 0) return;
      const refusal = options.dryRun ? null : await sendBack(queue.sqs, to, choice.record);
      if (refusal !== null) {
        countUp(done.left, refusal);
        continue;
      }
      done.sent++;
      if (!options.dryRun && (await lease.delete([choice.record.messageId])) === 0) done.notDeleted++;
    }
  };
  // All workers end before an error is reported, so that each deletes what it has sent.
  const keep = (error: unknown) => void failures.push(error);
  await Promise.all(Array.from({ length: SENDS_AT_ONCE }, () => worker().catch(keep)));
  if (failures.length > 0) throw failures[0];
}

function report({ sent, notDeleted, left }: Done, isDryRun: boolean): string {
  const lines = [`${isDryRun ? 'Would send' : 'Sent'} ${messages(sent)} back.\n`];
  if (notDeleted > 0) lines.push(`${messages(notDeleted)} of them could not be deleted here: run this again.\n`);
  if (total(left) > 0) lines.push(`${messages(total(left))} left (see --help for --force and --as-new):\n`);
  return lines.join('') + countLines(left);
}
