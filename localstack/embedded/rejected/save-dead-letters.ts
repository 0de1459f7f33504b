import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { formatCount } from '../../../tools/cli/progress.ts';
import { existsAlready } from '../../../tools/cli/write-new-file.ts';
import { requireWritable, writePrivateFile } from '../../../tools/database/write-file.ts';
import { createBusyQueue } from '../../../tools/sqs/busy-queue.ts';
import type { Pipeline } from '../pipeline.ts';

const TEN = { max: 10, waitSeconds: 0 };

/**
 * Checks the file for dead letters before the run, after which they would be lost. One that exists may be the input, or the
 * only copy of what was rejected before.
 *
 * @throws UserError if it exists, or cannot be written
 */
export function checkRejectedFile(file: string | undefined): void {
  if (file === undefined) return;
  if (existsSync(file)) throw existsAlready(file, 2);
  requireWritable(file);
}

/** Dead letters end with the queue, which lives in memory; a file keeps them. */
export async function endDeadLetters(
  count: number,
  { rejected: file, watch }: { rejected?: string | undefined; watch: boolean },
  pipeline: Pipeline,
  out: NodeJS.WritableStream,
): Promise<void> {
  if (file !== undefined && count > 0) {
    const saved = await saveDeadLetters(pipeline, file);
    out.write(
      `\n${deadLettersAre(saved)} now in ${file},\nwith ip and device id in the clear; only you can read it.\n`,
    );
  } else if (file !== undefined) {
    out.write(`\nThere are no dead letters, so ${file} was not written.\n`);
  } else if (watch && count > 0) {
    out.write(
      `${deadLettersAre(count)} gone with the queue, which lives in memory.\nTo keep them next time: --save FILE.\n`,
    );
  }
}

function deadLettersAre(count: number): string {
  return count === 1 ? '1 dead letter is' : `${formatCount(count)} dead letters are`;
}

/**
 * Moves the dead letters into a file that only its owner can read, one a line, as `start FILE` and `seed FILE` read them.
 * They are as they were sent, ip and device id included.
 *
 * @returns how many
 */
async function saveDeadLetters({ sqs, deadLetterQueueUrl }: Pipeline, file: string): Promise<number> {
  const queue = createBusyQueue(sqs, deadLetterQueueUrl);
  let saved = 0;
  async function* lines() {
    for (let ten = await queue.receive(TEN); ten.length > 0; ten = await queue.receive(TEN)) {
      for (const { Body = '' } of ten) yield `${asLine(Body)}\n`;
      saved += ten.length;
      await queue.deleteBatch(ten.map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
  }
  try {
    await writePrivateFile(file, Readable.from(lines()));
    return saved;
  } finally {
    queue.close();
  }
}

/** JSON has line breaks between its tokens only; what is not JSON becomes a JSON string, which is read once more. */
function asLine(body: string): string {
  try {
    JSON.parse(body);
    return body.trim().replace(/[\r\n]+/g, ' ');
  } catch {
    return JSON.stringify(body);
  }
}
