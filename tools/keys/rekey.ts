import type { RekeyResult } from '../../lambda/jobs/rekey/rekey.ts';
import { type RekeyAnswer, type RekeyRequest, rekeyBySettings } from '../../lambda/jobs/rekey/rekey-by-settings.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { type CommandLine, defineCommand } from '../cli/command.ts';
import { formatCount, withCounter } from '../cli/progress.ts';
import { choice } from '../cli/values.ts';
import { invokeOnStage } from '../stage/invoke.ts';
import { STAGE_OPTION } from '../stage/stage.ts';
import { keyId } from './key-id.ts';

const HELP = `
Environment:
  DATABASE_URL                 as login_rekeyer or the owner
  MASK_KEY_ID                  the key in use (default: k1)
  MASK_LAYER_KEY               its layer key, or MASK_LAYER_KMS_KEY
  MASK_NEXT_LAYER_KEY          the new one, or MASK_NEXT_LAYER_KMS_KEY

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some are left under the old key,
4 no function has the new key yet, 130 interrupted (run it again to go on).

Before: deploy the function with MASK_NEXT_KEY_ID and MASK_NEXT_LAYER_KEY.
After:  deploy it with the new key alone, then disable the old layer key.`;

export const command = defineCommand(
  (command) =>
    command
      .description(
        'Replaces the layer key of all pseudonyms while writers go on. Needs neither values nor the root key. ' +
          'Can be interrupted: run again, it goes on where it stopped.',
      )
      .requiredOption('--to <kid>', 'the id of the new key, such as k2', keyId)
      .option(
        '--steps <n>',
        'number of transactions: 1, 16 or 256; with more of them, writers wait less (default: 16)',
        choice(1, 16, 256),
      )
      .option('--sweep', 'also move what an older release has written since')
      .option(...STAGE_OPTION)
      .addHelpText('after', HELP),
  async ({ env, options: { to, steps = 16, sweep = false, stage }, interrupt, stderr }) => {
    const request = { to, steps, sweep };
    if (stage !== undefined) {
      const stop = interrupt('The function finishes its current step; run it again to go on.');
      return answer(await rekeyOnStage(stage, request, { env, stop, stderr }), to);
    }
    const stop = interrupt('Stopping. The current step may be undone; run it again to go on.');
    return answer(await rekeyHere(request, env, stop), to);
  },
);

function rekeyHere(request: RekeyRequest, env: Environment, stop: AbortSignal): Promise<RekeyAnswer> {
  return withCounter('pseudonyms', ({ total, done }) =>
    rekeyBySettings(env, request, { stop, progress: { total, moved: done } }),
  );
}

/** One call after the other, each for as many steps as a function has time for. */
async function rekeyOnStage(
  stage: string,
  request: RekeyRequest,
  { env, stop, stderr }: Pick<CommandLine, 'env' | 'stderr'> & { stop: AbortSignal },
): Promise<RekeyAnswer> {
  for (let moved = 0; ; ) {
    const result = await invokeOnStage<RekeyAnswer>({ stage, command: 'rekey', request, env, stop });
    moved += result.moved;
    if (result.outcome !== 'stopped') return { ...result, moved };
    stderr.write(`  ${formatCount(moved)} pseudonyms moved, ${formatCount(result.left)} left\n`);
  }
}

const EXIT_CODES = { done: 0, 'not enrolled': 4, stopped: 130 } as const;

function answer(result: RekeyAnswer, to: string) {
  const { outcome, left, from } = result;
  const exitCode = outcome === 'done' && left > 0 ? 3 : EXIT_CODES[outcome];
  return { json: { to, ...result }, text: `${describe(result, from, to)}\n`, exitCode };
}

function describe({ outcome, moved, left }: RekeyResult, from: string, to: string): string {
  if (outcome === 'not enrolled') {
    return [
      `No function has written with ${to} yet, so nothing was changed.`,
      `Deploy it with MASK_NEXT_KEY_ID=${to} and the new layer key, and wait for a batch.`,
    ].join('\n');
  }
  const counts = `Moved ${formatCount(moved)} pseudonyms from ${from} to ${to}; ${formatCount(left)} are left under ${from}.`;
  if (outcome === 'stopped') return `${counts}\nRun it again to go on.`;
  if (left > 0) return `${counts}\nAn older release has written them: stop it, then run this again with --sweep.`;
  return [
    counts,
    `Deploy the function with MASK_KEY_ID=${to}, its layer key, and no MASK_NEXT_*.`,
    `Then disable the layer key of ${from}; delete it once no backup needs it.`,
    'Dead rows are left behind: as the owner, run "vacuum user_logins".',
    'Materialised views keep the old pseudonyms until refresh_login_views() is run.',
  ].join('\n');
}
