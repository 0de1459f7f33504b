import { type Counts, countUp, total } from '../cli/counts.ts';
import { formatCount } from '../cli/progress.ts';
import { countLines, messages } from './counts.ts';
import { hasReason } from './diagnose.ts';
import type { Lease } from './lease.ts';
import type { QueueAnswer, QueueCommandLine } from './queue-command.ts';
import { epochOf, toIso } from './sent-at.ts';
import { withProgress } from './with-progress.ts';

interface Listed {
  id: string;
  sentAt: string | null;
  receives: number;
  reason: string;
}

export async function list({
  options,
  queue,
  diagnose,
  withLease,
  hidden,
  stop,
}: QueueCommandLine): Promise<QueueAnswer> {
  const counts: Counts = {};
  const matching: Listed[] = [];
  const seeAll = async (lease: Lease) => {
    for await (const record of lease.messages()) {
      const diagnosis = await diagnose(record);
      const { reason } = diagnosis;
      countUp(counts, reason);
      if (!hasReason(diagnosis, options.reason)) continue;
      const receives = Number(record.attributes.ApproximateReceiveCount);
      matching.push({ id: record.messageId, sentAt: toIso(epochOf(record)), receives, reason });
    }
  };
  await withProgress(
    () => total(counts),
    queue.visible,
    () => withLease(seeAll),
  );
  stop.throwIfAborted();
  const oldestFirst = matching.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const shown = oldestFirst.slice(0, options.limit);
  return {
    json: { queueUrl: queue.url, counts, messages: shown, hidden: hidden() },
    text: table(shown) + summary(counts, shown.length, matching.length),
    isComplete: true,
  };
}

/** Has the id as well, so the order is the same each time. */
function sortKey({ sentAt, id }: Listed): string {
  return `${sentAt} ${id}`;
}

function table(listed: readonly Listed[]): string {
  if (listed.length === 0) return '';
  const width = listed.reduce((widest, { reason }) => Math.max(widest, reason.length), 'reason'.length);
  const line = (sentAt: string, receives: string, reason: string, id: string) =>
    `  ${sentAt.padEnd(19)}  ${receives.padStart(8)}  ${reason.padEnd(width)}  ${id}\n`;
  const rows = listed.map(({ sentAt, receives, reason, id }) =>
    line(sentAt?.slice(0, 19).replace('T', ' ') ?? '?', formatCount(receives), reason, id),
  );
  return `${line('sent at (UTC)', 'receives', 'reason', 'id')}${rows.join('')}\n`;
}

function summary(counts: Counts, shown: number, matching: number): string {
  const all = total(counts);
  if (all === 0) return 'There are no messages in the dead-letter queue.\n';
  const which = matching === all ? '' : `, ${formatCount(matching)} of them with this reason`;
  const cut = shown === matching ? '' : `, the ${formatCount(shown)} oldest shown`;
  return `${messages(all)}${which}${cut}:\n${countLines(counts)}`;
}
