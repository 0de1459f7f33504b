import type { SQSRecord } from 'aws-lambda';
import { confirm, requireSomebody } from '../cli/confirm.ts';
import { toJson } from '../cli/printable.ts';
import { UserError } from '../cli/user-error.ts';
import { writeNewFile } from '../cli/write-new-file.ts';
import { openMasker } from '../keys/open-masker.ts';
import { messages } from './counts.ts';
import type { Lease } from './lease.ts';
import { maskedView } from './masked-view.ts';
import type { QueueAnswer, QueueCommandLine } from './queue-command.ts';

export async function show(line: QueueCommandLine): Promise<QueueAnswer> {
  const { options, diagnose, withLease, stop } = line;
  if (options.raw && !options.yes) requireSomebody(line);
  const masker = await openMasker(line.env);
  return withLease(async (lease) => {
    const record = await find(lease, options.id);
    stop.throwIfAborted();
    if (options.out !== undefined) return writeRaw(record, options.out, line);
    const { id, ...rest } = maskedView(record, masker);
    const view = { id, reason: (await diagnose(record)).reason, ...rest };
    return { json: view, text: `${toJson(view, 2)}\n`, isComplete: true };
  });
}

/** @param asked a message's id, or the beginning of it */
async function find(lease: Lease, asked: string): Promise<SQSRecord> {
  const found: SQSRecord[] = [];
  for await (const record of lease.messages()) {
    if (record.messageId === asked) return record;
    if (record.messageId.startsWith(asked)) found.push(record);
  }
  const [only, ...more] = found;
  if (only === undefined) {
    throw new UserError('The dead-letter queue has no message with this id, or it is hidden at the moment.');
  }
  if (more.length > 0) throw new UserError(`The ids of ${messages(found.length)} begin like this: type more of it.`, 2);
  return only;
}

async function writeRaw(record: SQSRecord, file: string, line: QueueCommandLine): Promise<QueueAnswer> {
  const question = 'The body has ip and device id in the clear. Type raw to write it to the file: ';
  const isWanted = line.options.yes || (await confirm(question, ['raw'], line));
  if (!isWanted) return { json: { written: null }, text: 'Nothing was written.\n', isComplete: false };
  writeNewFile(file, record.body);
  return { json: { written: file }, text: `Written to ${file}, which only you can read.\n`, isComplete: true };
}
