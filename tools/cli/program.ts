import { Command, CommanderError, Help } from '@commander-js/extra-typings';
import type { Answer, CommandModule, Execute } from './command.ts';
import type { CommandContext } from './context.ts';
import { isNpmScript, takenByNpm } from './npm-start.ts';
import { toJson } from './printable.ts';
import { UserError } from './user-error.ts';

/** A command as the overview lists it. Its module is loaded only when it runs, so the others start quickly. */
export interface CommandEntry {
  summary: string;
  load(): Promise<CommandModule>;
}

export interface ProgramDefinition {
  /** What the user types. */
  name: string;
  description: string;
  /** Commands by name, by the heading they stand under. */
  groups: Readonly<Record<string, Readonly<Record<string, CommandEntry>>>>;
  /** One sentence on an error that is not a UserError, or its stack if the bug is ours. */
  explain(error: unknown): string;
}

const WRONG_USAGE = 2;
const INTERRUPTED = 130;

/** @returns the exit code */
export async function runProgram(
  args: readonly string[],
  context: CommandContext,
  definition: ProgramDefinition,
): Promise<number> {
  let exitCode = 0;
  const execute: Execute = async (isJson, work) => {
    exitCode = await runCommand(isJson, work, context, definition);
  };
  const program = createProgram(context, definition);
  await addCommands(program, args, definition, execute);
  const taken = takenOptions(program, args, context);
  if (taken.length > 0) {
    context.stderr.write(
      `npm took ${taken.join(' and ')} for itself: use ${definition.name} ${args[0]} ${taken.join(' ')} instead.\n`,
    );
    return WRONG_USAGE;
  }
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // If the command is missing, the help that lists them was already printed.
    if (error.code !== 'commander.help') context.stderr.write(usageFault(error, pathOf(program, args)));
    return WRONG_USAGE;
  }
}

function takenOptions(program: Command, [name = '']: readonly string[], { env }: CommandContext): string[] {
  if (!isNpmScript(name, env)) return [];
  const options = program.commands.find((one) => one.name() === name)?.options ?? [];
  return takenByNpm(
    options.flatMap(({ short, long }) => [short, long].filter((flag) => flag?.startsWith('--')) as string[]),
    env,
  );
}

function createProgram({ stdout, stderr }: CommandContext, { name, description }: ProgramDefinition): Command {
  return new Command(name)
    .description(description)
    .usage('COMMAND [options]')
    .helpOption('-h, --help', 'this text')
    .helpCommand('help [command]', 'the same as COMMAND --help')
    .commandsGroup('More:')
    .exitOverride()
    .configureHelp({
      optionDescription: (option) => new Help().optionDescription(option).replace(/ ?\(default: false\)/, ''),
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError() {},
    });
}

async function addCommands(
  program: Command,
  args: readonly string[],
  { groups }: ProgramDefinition,
  execute: Execute,
): Promise<void> {
  const wanted = args[0] === 'help' ? args[1] : args[0];
  for (const [heading, commands] of Object.entries(groups)) {
    for (const [name, { summary, load }] of Object.entries(commands)) {
      const command = program.command(name).summary(summary).helpGroup(`${heading}:`);
      if (name !== wanted) continue;
      (await load())(command, execute);
    }
  }
}

async function runCommand(
  isJson: boolean,
  work: Parameters<Execute>[1],
  context: CommandContext,
  { explain }: ProgramDefinition,
): Promise<number> {
  const { stdout, stderr } = context;
  let stop: AbortSignal | undefined;
  const interrupt = (notice?: string) => {
    stop = context.interrupt();
    if (notice) stop.addEventListener('abort', () => stderr.write(`${notice}\n`), { once: true });
    return stop;
  };
  try {
    const answer = await work({ ...context, json: isJson, out: isJson ? stderr : stdout, interrupt });
    print(answer, isJson, context);
    return answer.exitCode ?? 0;
  } catch (error) {
    if (stop?.aborted) {
      stderr.write('Interrupted.\n');
      return INTERRUPTED;
    }
    stderr.write(`${error instanceof UserError ? error.message : explain(error)}\n`);
    return error instanceof UserError ? error.exitCode : 1;
  }
}

function print({ json, text = '' }: Answer, isJson: boolean, { stdout }: CommandContext): void {
  stdout.write(isJson ? `${toJson(json)}\n` : text);
}

/** `Unknown option '--wach' (Did you mean --watch?). See "npx login-etl start --help".` */
function usageFault({ message }: CommanderError, path: string): string {
  const [first = '', hint] = withoutValues(message.replace(/^error: /, '')).split('\n');
  const fault = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, '')}`;
  return `${fault}${hint ? ` ${hint}` : ''}. See "${path} --help".\n`;
}

/** Commander quotes what it was given, which may be the very value that belongs on standard input. */
function withoutValues(message: string): string {
  return message
    .replace(/ but got (\d+): .*$/s, ' but got $1.')
    .replace(/^option '([^']*)' argument '.*' is invalid\./s, "the argument of '$1' is invalid.")
    .replace(/^(unknown option '[^'=]*=).*'/s, "$1...'");
}

/** The command that a command line names, as far as it exists. */
function pathOf(program: Command, args: readonly string[]): string {
  const [name = '', ...rest] = args;
  const command = program.commands.find((one) => one.name() === name);
  return command ? `${program.name()} ${pathOf(command as Command, rest)}` : program.name();
}
