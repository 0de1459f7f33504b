import { parseArgs } from 'node:util';
import { UserError } from '../../tools/cli/user-error.ts';

export interface Options {
  files: string[];
  json: boolean;
  watch: boolean;
  fresh: boolean;
  data: string;
  help: boolean;
}

export const HELP = `Runs the pipeline on this machine: an embedded SQS queue, the Lambda handler, and a real PostgreSQL.

  npm start                        sends 100 shipped events and shows what became of them
  npm start -- FILE...             sends your own: JSON array or JSON Lines, gzipped or not; - is standard input

Options, after --
  --watch       stay up, store what arrives, until Ctrl-C
  --json        the last line on standard output is one JSON object; everything else goes to standard error
  --fresh       begin with an empty database
  --data DIR    keep database, mask keys and log in DIR (default: .login-etl)
  --help        this text

Environment
  DATABASE_URL  a PostgreSQL 14 to 18 of your own instead of the embedded one; its role may create tables and roles
  MASK_KEY      hex:... or base64:... of at least 32 random bytes instead of the key made by the first run
  MASK_LAYER_KEY  the same for the layer key; with a MASK_KEY and without this one, MASK_KEY serves for both
  MASK_KEY_ID   the layer key's id, which begins every pseudonym (default: k1)

The exit code is 0 when every event was stored, or dead-lettered for a named reason.
`;

/** @throws UserError on an option that does not exist */
export function parseOptions(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        watch: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        data: { type: 'string', default: '.login-etl' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.data === '') throw new Error('--data needs the name of a folder');
    return { ...values, files: positionals };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/[.\n]/)[0] : '';
    throw new UserError(`${reason}. npm start -- --help lists the options.`, 2);
  }
}
