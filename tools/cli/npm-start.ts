import type { CommandContext } from './context.ts';

type Environment = CommandContext['env'];

/** Whether npm runs this as its script of the command's name: `npm start`. */
export function isNpmScript(command: string, env: Environment): boolean {
  return env.npm_lifecycle_event === command && env.npm_package_name === 'login-etl';
}

/**
 * npm 10 and 11 keep every option before `--` for themselves: they set `npm_config_<name>`, and the script never sees it,
 * or sees its value alone. npm 12 refuses options that it does not know.
 *
 * @param flags of the command, such as `--sqs-port`
 * @returns those that npm took
 */
export function takenByNpm(flags: readonly string[], env: Environment): string[] {
  return flags.filter((flag) => env[`npm_config_${flag.replace(/^--/, '').replaceAll('-', '_')}`]);
}
