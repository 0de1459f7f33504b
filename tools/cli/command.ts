import type { Writable } from 'node:stream';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { CommandContext } from './context.ts';

export type { Command };

export interface Answer {
  /** For programs: what `--json` prints. */
  json: Record<string, unknown>;
  /** The same for people; left out if the command has said it all while it ran. */
  text?: string;
  /** 1 if the command line was understood but not all of it could be done; 0 by default. */
  exitCode?: number;
}

/** A command line that has been parsed. */
export interface CommandLine<Args = unknown, Options = unknown> extends CommandContext {
  args: Args;
  options: Options;
  json: boolean;
  /** For people, while the command runs: standard output or, with `--json`, standard error. */
  out: Writable;
  /** @param notice shown when the interrupt comes: what still has to be done */
  interrupt(notice?: string): AbortSignal;
}

/** Declares a command's arguments, options and help on its `Command`, and attaches what it does. */
export type CommandModule = (command: Command, execute: Execute) => void;

/** Does the work, prints its answer or one sentence on what went wrong, and sets the exit code. */
export type Execute = (
  isJson: boolean,
  work: (line: Omit<CommandLine, 'args' | 'options'>) => Promise<Answer>,
) => Promise<void>;

/**
 * @param configure declares arguments, options and help; `--json` and `--help` are already there
 * @param run its answer is printed; a UserError is one sentence and an exit code
 */
export function defineCommand<Args extends unknown[], Options extends OptionValues>(
  configure: (command: Command) => Command<Args, Options>,
  run: (line: CommandLine<Args, Options>) => Promise<Answer>,
): CommandModule {
  return (command, execute) => {
    const configured = configure(command);
    configured.option('--json', 'one JSON object on standard output; the rest goes to standard error');
    configured.action(() => {
      const options = configured.opts();
      const args = configured.processedArgs;
      return execute('json' in options, (line) => run({ ...line, args, options }));
    });
  };
}

/** A command with subcommands, such as `dlq list`. */
export function defineGroup(
  configure: (command: Command) => Command,
  members: Readonly<Record<string, { summary: string; command: CommandModule }>>,
): CommandModule {
  return (group, execute) => {
    configure(group).helpCommand(false);
    for (const [name, { summary, command }] of Object.entries(members)) {
      command(group.command(name).summary(summary), execute);
    }
  };
}
