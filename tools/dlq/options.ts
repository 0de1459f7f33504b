import { parseArgs } from 'node:util';
import { UserError } from '../cli/user-error.ts';
import { HELP } from './help.ts';

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean', default: false } as const;

const OPTIONS = {
  'queue-url': TEXT,
  stage: TEXT,
  stack: TEXT,
  json: FLAG,
  'try-insert': FLAG,
  help: { ...FLAG, short: 'h' },
  reason: TEXT,
  limit: TEXT,
  rate: TEXT,
  'dry-run': FLAG,
  force: FLAG,
  'as-new': FLAG,
  to: TEXT,
  all: FLAG,
  yes: FLAG,
  raw: FLAG,
  out: TEXT,
} as const;

type OptionName = keyof typeof OPTIONS;

const EVERYWHERE: OptionName[] = ['queue-url', 'stage', 'stack', 'json', 'try-insert', 'help'];

const OF_COMMAND = {
  list: ['reason', 'limit'],
  show: ['raw', 'out', 'yes'],
  redrive: ['reason', 'limit', 'rate', 'dry-run', 'force', 'as-new', 'to'],
  purge: ['reason', 'all', 'yes'],
} satisfies Record<string, OptionName[]>;

export type CommandName = keyof typeof OF_COMMAND;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** What is on the command line; a limit or rate that is not is infinite. */
export interface Options extends Omit<Values, 'limit' | 'rate'> {
  command: CommandName;
  /** Of the message to show. */
  id: string;
  limit: number;
  rate: number;
}

/** @throws UserError on a command line that makes no sense */
export function parseOptions([command = '', ...args]: readonly string[]): Options | { helpText: string } {
  if (command === '--help' || command === '-h') return { helpText: HELP.all };
  if (!isCommand(command)) {
    throw new UserError('Which command: list, show ID, redrive or purge? npm run dlq -- --help tells more.', 2);
  }
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    if (values.help) return { helpText: HELP[command] };
    const limit = positive('--limit', values.limit);
    const options = { ...values, command, id: positionals.join(' '), limit, rate: positive('--rate', values.rate) };
    const problem = strayOption(command, args) ?? problemOf(options);
    if (problem) throw new Error(problem);
    return options;
  } catch (error) {
    const problem = error instanceof Error ? error.message.split(/[.\n]/)[0] : '';
    throw new UserError(`${problem}. npm run dlq -- ${command} --help tells more.`, 2);
  }
}

function strayOption(command: CommandName, args: string[]): string | null {
  const allowed: readonly string[] = [...EVERYWHERE, ...OF_COMMAND[command]];
  const { tokens } = parseArgs({ args, options: OPTIONS, allowPositionals: true, tokens: true });
  const stray = tokens.find((token) => token.kind === 'option' && !allowed.includes(token.name));
  return stray?.kind === 'option' ? `"${command}" has no option ${stray.rawName}` : null;
}

function problemOf({ command, id, reason, all, raw, out, to }: Options): string | null {
  if (command === 'show' && !/^\S+$/.test(id)) return 'Which message: give one id, as "list" shows it';
  if (command !== 'show' && id !== '') return `"${command}" takes no id`;
  if (to !== undefined && !URL.canParse(to)) return '--to needs the URL of a queue';
  if (raw !== (out !== undefined)) return '--raw and --out FILE need each other';
  if (command === 'purge' && (reason !== undefined) === all) return 'What to purge: give one of --reason R and --all';
  return null;
}

function positive(name: string, text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} needs a whole number from 1 on`);
  return Number(text);
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(OF_COMMAND, name);
}
