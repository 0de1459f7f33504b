import { ConfigError } from '../../lambda/errors.ts';
import { type AdoptResult, adopt } from '../../lambda/jobs/adopt/adopt.ts';
import { readDatabase } from '../../lambda/settings/database-settings.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import type { DatabaseConfig } from '../../lambda/store/connection/database.ts';
import { defineCommand } from '../cli/command.ts';
import { formatCount, showProgress } from '../cli/progress.ts';
import { wrongValues } from './describe-audit.ts';
import { openAdopters } from './open-masker.ts';

const HELP = `
Environment:
  DATABASE_URL  as the owner of user_logins
  MASK_ADOPTED  sha256; the function needs it too, from its first write on
  MASK_KEY, MASK_KEY_ID, MASK_LAYER_KEY ...
                the function's own keys

Before: stop the program that writes hashes, and run login-etl migrate.
After:  deploy the function with MASK_ADOPTED=sha256.

Hashes of nothing ('', None, null, nan) and of placeholders (unknown, 0.0.0.0)
become null, since each would be one giant false duplicate. If it is killed or
interrupted, run it again: it goes on where it stopped.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 values are left that are not
pseudonyms, 4 the function has written here without MASK_ADOPTED, 130
interrupted.`;

export const command = defineCommand(
  (command) =>
    command
      .description('Takes over a table that another program has masked with plain SHA-256 in hex.')
      .addHelpText('after', HELP),
  async ({ env, interrupt }) => {
    const database = readSettings(env);
    const maskers = await openAdopters(env);
    const stop = interrupt('Stopping after the rows in hand; run it again to go on.');
    let total: number | null = null;
    let done = 0;
    const progress = showProgress(
      () => done,
      () => total,
      'values',
    );
    try {
      const result = await adopt(database, {
        ...maskers,
        stop,
        progress: {
          total(values) {
            total = values;
          },
          done(values) {
            done += values;
          },
        },
      });
      return { json: { ...result }, text: `${describe(result)}\n`, exitCode: exitCodeOf(result) };
    } finally {
      progress.end();
    }
  },
);

function readSettings(env: Environment): DatabaseConfig {
  const problems: string[] = [];
  const database = readDatabase(env, problems);
  if (env[ENV.maskAdopted] !== 'sha256') {
    problems.push(`${ENV.maskAdopted} must be sha256, here and for the function that writes from now on.`);
  }
  if (problems.length > 0 || !database) throw new ConfigError(problems);
  return database;
}

const EXIT_CODES = { done: 0, 'other scheme': 4, stopped: 130 } as const;

function exitCodeOf({ outcome, left }: AdoptResult): number {
  return outcome === 'done' && left.length > 0 ? 3 : EXIT_CODES[outcome];
}

function describe({ outcome, adopted, emptied, left, lowVersions }: AdoptResult): string {
  if (outcome === 'other scheme') {
    return [
      'The function has written here without MASK_ADOPTED, so nothing was changed: its',
      'rows and the old ones can never be joined. Empty the table of one of the two.',
    ].join('\n');
  }
  const lines = [
    `Made pseudonyms of ${formatCount(adopted)} hashes, and null of ${formatCount(emptied)} that stood for no value.`,
  ];
  if (lowVersions > 0) {
    lines.push(`Unchanged: ${formatCount(lowVersions)} versions below 1.0.0; some programs write 230 for 2.3.0.`);
  }
  if (outcome === 'stopped') return [...lines, 'Run it again to go on.'].join('\n');
  if (left.length > 0) {
    lines.push('Left, and not pseudonyms:', ...left.map((values) => `  ${wrongValues(values, null)}`));
    if (left.some(({ form }) => form === 'hex hash')) {
      lines.push('Another program may still be writing: stop it, then run this again.');
    }
    return lines.join('\n');
  }
  return [
    ...lines,
    'Deploy the function with MASK_ADOPTED=sha256.',
    'Dead rows are left behind: as the owner, run "vacuum user_logins".',
    'Materialised views keep the hashes until refresh_login_views() is run.',
  ].join('\n');
}
