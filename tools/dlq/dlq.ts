import { type CommandModule, defineCommand, defineGroup } from '../cli/command.ts';
import { UserError } from '../cli/user-error.ts';
import { positiveInteger } from '../cli/values.ts';
import { list } from './list.ts';
import { purge } from './purge.ts';
import { NO_OPTIONS, type Trial } from './queue-command.ts';
import { QUEUE_HELP, queueOptions, REASON } from './queue-options.ts';
import { redrive } from './redrive.ts';
import { runOnQueue } from './run-on-queue.ts';
import { show } from './show.ts';

/** `dlq list`, `dlq show`, `dlq redrive` and `dlq purge`. */
export function dlqCommand(trial: Trial = {}): CommandModule {
  return defineGroup(
    (command) =>
      command.description(
        'Works on the dead-letter queue: messages that could not become rows. No command prints a raw ip, device id or body.',
      ),
    {
      list: { summary: 'list the messages, and why they are here', command: listCommand(trial) },
      show: { summary: 'show one message, masked', command: showCommand(trial) },
      redrive: { summary: 'send back what can become a row now', command: redriveCommand(trial) },
      purge: { summary: 'delete messages for good', command: purgeCommand(trial) },
    },
  );
}

function listCommand(trial: Trial): CommandModule {
  return defineCommand(
    (command) =>
      queueOptions(command)
        .description(
          'Lists the messages of the dead-letter queue, oldest first, each with the reason that this ' +
            'checkout\'s checks give. "passes checks" is a message that only the database refused, or that was never bad: an ' +
            'outage outlasted its receives. SQS hands out at most 120,000 messages at a time; beyond that, some ' +
            'are not seen.',
        )
        .option(...REASON)
        .option('--limit <n>', 'show only the n oldest; the counts cover all', positiveInteger)
        .addHelpText('after', QUEUE_HELP),
    ({ options: { limit = Number.POSITIVE_INFINITY, ...options }, ...line }) =>
      runOnQueue(list, { ...NO_OPTIONS, ...options, limit }, line, trial),
  );
}

function showCommand(trial: Trial): CommandModule {
  return defineCommand(
    (command) =>
      queueOptions(command)
        .description(
          'Shows one message: its fields as they would be stored, and everything else hidden. ip and device_id are ' +
            'pseudonyms if MASK_KEY or MASK_KMS_KEY is set, and hidden otherwise. So are values that break the ' +
            "contract, unknown keys with their names, and the producer's own attributes.",
        )
        .argument('<ID>', 'its id as "list" shows it, or the beginning of it')
        .option('--raw', 'write the body, unmasked, to the file of --out; asks first', false)
        .option('--out <file>', 'a new file that only you can read')
        .option('--yes', 'skip the question', false)
        .addHelpText('after', QUEUE_HELP),
    ({ args: [id], options, ...line }) => {
      if (options.raw !== (options.out !== undefined)) throw new UserError('--raw and --out FILE need each other.', 2);
      return runOnQueue(show, { ...NO_OPTIONS, ...options, id }, line, trial);
    },
  );
}

function redriveCommand(trial: Trial): CommandModule {
  return defineCommand(
    (command) =>
      queueOptions(command)
        .description(
          'Sends messages back to the queue they came from, under their first id and send time, so the ledger ' +
            'recognises them: nothing is stored twice, and a redrive can be interrupted and run ' +
            'again at any time. A message is deleted here only after it was sent. One that would be rejected again is ' +
            'left, and so is one that arrives while this runs. At most eight attributes of a message are kept: SQS ' +
            'allows ten, and id and send time take two.',
        )
        .option(...REASON)
        .option('--limit <n>', 'at most n messages, in no particular order', positiveInteger)
        .option('--rate <n>', 'at most n messages a second', positiveInteger)
        .option('--dry-run', 'only say what would be done', false)
        .option('--force', "also send what this checkout's checks would reject again", false)
        .option(
          '--as-new',
          'messages that are "expired" (first sent before the 35 days that the ledger remembers) or "bad_origin" ' +
            'count as first sent when they were last sent; an old one may then be stored twice',
          false,
        )
        .option('--to <url>', 'send to this queue, not the one that names this one as its dead-letter queue')
        .addHelpText('after', QUEUE_HELP),
    ({ options: { limit = Number.POSITIVE_INFINITY, rate = Number.POSITIVE_INFINITY, ...options }, ...line }) => {
      if (options.to !== undefined && !URL.canParse(options.to))
        throw new UserError('--to needs the URL of a queue.', 2);
      return runOnQueue(redrive, { ...NO_OPTIONS, ...options, limit, rate }, line, trial);
    },
  );
}

function purgeCommand(trial: Trial): CommandModule {
  return defineCommand(
    (command) =>
      queueOptions(command)
        .description(
          'Deletes messages from the dead-letter queue for good: those that were there when it asked, and no ' +
            'others.',
        )
        .option(...REASON)
        .option('--all', 'delete every message; either this or --reason is needed', false)
        .option('--yes', 'skip the question', false)
        .addHelpText('after', QUEUE_HELP),
    ({ options, ...line }) => {
      if ((options.reason !== undefined) === options.all) {
        throw new UserError('Say what to purge: --reason R or --all.', 2);
      }
      return runOnQueue(purge, { ...NO_OPTIONS, ...options }, line, trial);
    },
  );
}
