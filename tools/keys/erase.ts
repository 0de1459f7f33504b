import type { OldErased } from '../../lambda/jobs/erase/erase-old.ts';
import type { UserErased } from '../../lambda/jobs/erase/erase-user.ts';
import { type Erased, type EraseRequest, readErasure } from '../../lambda/jobs/erase/read-erasure.ts';
import { type Answer, type CommandLine, type CommandModule, defineCommand } from '../cli/command.ts';
import { confirm, requireSomebody } from '../cli/confirm.ts';
import { formatCount } from '../cli/progress.ts';
import { readUserId } from '../cli/read-value.ts';
import { UserError } from '../cli/user-error.ts';
import { isoDate, isoMonth } from '../cli/values.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { requireOnePlace, STAGE_OPTION } from '../stage/stage.ts';
import type { LookIntoDatabase } from './audit.ts';

const NOTHING_FOUND = 3;
/** How long a message can wait: 7 days in the queue, 14 in the dead-letter queue, and the one on which it is read. */
const DAYS_UNTIL_AGAIN = 22;
const MS_PER_DAY = 86_400_000;

const HELP = `
--user    all rows of one person, and every sealed value that nobody else has
          in the same month: all or nothing. The id is read from standard input,
          since others can see command lines.
--month   all sealed values of a month. Its rows stay, but can no longer be
          recovered, and values that come late are not sealed.
--before  all rows older than a day, and the sealed values of no younger row

The last two go in small steps while writers go on. Backups, and messages that
wait in the queues, keep what they have: the answer says when to run it again.

Environment:
  DATABASE_URL  as login_eraser or the owner, instead of the data folder

Exit codes: 0 done, 1 failed, or the layer key is being rotated, 2 wrong usage,
3 nothing found.

Example:
  npx login-etl erase --user < file-with-the-id`;

/** @param folder the default data folder */
export function eraseCommand(look: LookIntoDatabase, folder: string): CommandModule {
  return defineCommand(
    (command) =>
      command
        .description('Erases a person, a month of the recovery vault, or everything older than a given day.')
        .option('--user', 'the person whose id is on standard input', false)
        .option('--month <month>', 'a month of the vault, such as 2026-01', isoMonth)
        .option('--before <date>', 'everything older than this day, such as 2026-01-31', isoDate)
        .option('--yes', 'skip the question of --month and --before', false)
        .option('--data <dir>', "the data folder of npm start (default: the project's .login-etl)")
        .option(...STAGE_OPTION)
        .addHelpText('after', HELP),
    async (line) => {
      const { user, month, before, data, stage } = line.options;
      if ([user || undefined, month, before].filter((one) => one !== undefined).length !== 1) {
        throw new UserError('Give one of --user, --month or --before.', 2);
      }
      requireOnePlace(stage, data);
      const request = await prepare(month, before, line);
      if (stage === undefined) return describe(request, await look(line.env, data ?? folder, readErasure(request)));
      const stop = line.interrupt('The function finishes by itself; run this again to see what is left.');
      const { env } = line;
      return describe(request, await invokeOnStage<Erased>({ stage, command: 'erase', request, env, stop }));
    },
  );
}

type Line = Omit<CommandLine, 'args' | 'options'> & { options: { yes: boolean } };

async function prepare(month: string | undefined, before: string | undefined, line: Line): Promise<EraseRequest> {
  const asked = month ?? before;
  if (asked === undefined) return { user: await readUserId(line) };
  if (before !== undefined && before >= today(0)) {
    throw new UserError('--before must be a day in the past: everything before it is erased.', 2);
  }
  if (!line.options.yes) {
    requireSomebody(line);
    const what = month ? `Every sealed value of ${month}` : `Every row and sealed value before ${asked}`;
    const question = `${what} will be gone for good. Type ${asked} to erase it: `;
    const isWanted = await confirm(question, [asked], { ...line, stop: line.interrupt() });
    if (!isWanted) throw new UserError('Nothing was erased.');
  }
  return month === undefined ? { before: asked } : { month };
}

function describe(request: EraseRequest, erased: Erased): Answer {
  if ('month' in request) return monthAnswer(request.month, erased.values);
  const { rows, values, months = [] } = erased as UserErased & Partial<OldErased>;
  const counts = `Erased ${countOf(rows, 'row')} and ${countOf(values, 'sealed value')}`;
  if ('before' in request) {
    const closed = months.length > 0 ? ` Closed in the vault: ${months.join(', ')}.` : '';
    return answer(`${counts} from before ${request.before}.${closed}`, { rows, values, months });
  }
  if (rows > 0) return answer(`${counts}.`, { rows, values });
  return { json: { rows, values, again: null }, text: 'There is no row of this user.\n', exitCode: NOTHING_FOUND };
}

function monthAnswer(month: string, values: number): Answer {
  return {
    json: { values, month, again: null },
    text: [
      `Erased ${countOf(values, 'sealed value')} of ${month}, and closed the month.`,
      'Older backups keep them until they expire.\n',
    ].join('\n'),
  };
}

function answer(sentence: string, json: Record<string, unknown>): Answer {
  const again = today(DAYS_UNTIL_AGAIN);
  const lines = [
    sentence,
    `Messages in the queues can still become rows: run this again on ${again}.`,
    'Older backups keep it until they expire, and materialised views until',
    'refresh_login_views() is run.',
  ];
  return { json: { ...json, again }, text: `${lines.join('\n')}\n` };
}

function countOf(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function today(inDays: number): string {
  return new Date(Date.now() + inDays * MS_PER_DAY).toISOString().slice(0, 10);
}
