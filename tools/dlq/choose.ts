import type { SQSRecord } from 'aws-lambda';
import type { CommandLine } from './command.ts';
import type { Look } from './look.ts';
import { withOrigin } from './send-back.ts';
import { epochOf } from './sent-at.ts';

/** What was sent back comes here again when it is rejected again; without this a run might never end. */
export const CAME_MEANWHILE = 'came while this ran';

/** A message that was asked for: as it is to be sent, or why it is left. */
export type Choice = { record: SQSRecord } | { left: string };

/** Goes through the messages until as many are chosen as were asked for; those with other reasons are passed over. */
export async function* choose(at: Look, { options, judge }: Pick<CommandLine, 'options' | 'judge'>) {
  const startedAt = Date.now();
  let chosen = 0;
  for await (const record of at.messages()) {
    const { reason } = await judge(record);
    if (options.reason !== undefined && reason !== options.reason) continue;
    const outgoing = withOrigin(record, options['as-new'], Date.now());
    const verdict = await judge(outgoing);
    let choice: Choice = { record: outgoing };
    if (epochOf(record) >= startedAt) choice = { left: CAME_MEANWHILE };
    else if (verdict.isBad && !options.force) choice = { left: verdict.reason };
    yield choice;
    if ('record' in choice && ++chosen === options.limit) return;
  }
}
