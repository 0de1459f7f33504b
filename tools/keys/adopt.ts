import type { AdoptResult } from '../../lambda/jobs/adopt/adopt.ts';
import { adoptBySettings } from '../../lambda/jobs/adopt/adopt-by-settings.ts';
import { type CommandLine, defineCommand } from '../cli/command.ts';
import { formatCount, withCounter } from '../cli/progress.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { STAGE_OPTION } from '../stage/stage.ts';
import { wrongValues } from './describe-audit.ts';

const HELP = `
Environment:
  DATABASE_URL  as login_adopter; where there are partitions, the owner
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
      .option(...STAGE_OPTION)
      .addHelpText('after', HELP),
  async ({ env, options: { stage }, interrupt, stderr }) => {
    if (stage !== undefined) {
      const stop = interrupt('The function finishes what it has begun; run it again to go on.');
      return answer(await adoptOnStage(stage, { env, stop, stderr }));
    }
    const stop = interrupt('Stopping after the rows in hand; run it again to go on.');
    return answer(await withCounter('values', (progress) => adoptBySettings(env, { stop, progress })));
  },
);

/** One call after the other, each for as many rows as a function has time for. */
async function adoptOnStage(
  stage: string,
  { env, stop, stderr }: Pick<CommandLine, 'env' | 'stderr'> & { stop: AbortSignal },
): Promise<AdoptResult> {
  for (let adopted = 0, emptied = 0; ; ) {
    const result = await invokeOnStage<AdoptResult>({ stage, command: 'adopt', request: {}, env, stop });
    adopted += result.adopted;
    emptied += result.emptied;
    if (result.outcome !== 'stopped') return { ...result, adopted, emptied };
    stderr.write(`  ${formatCount(adopted + emptied)} values done\n`);
  }
}

const EXIT_CODES = { done: 0, 'other scheme': 4, stopped: 130 } as const;

function answer(result: AdoptResult) {
  const { outcome, left } = result;
  const exitCode = outcome === 'done' && left.length > 0 ? 3 : EXIT_CODES[outcome];
  return { json: { ...result }, text: `${describe(result)}\n`, exitCode };
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
