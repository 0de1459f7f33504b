import { ConfigError } from '../../lambda/errors.ts';
import { type RekeyResult, rekey } from '../../lambda/jobs/rekey/rekey.ts';
import { openKey } from '../../lambda/keys/open-keys.ts';
import { LAYER_KEY_INFO, type LayerKeys } from '../../lambda/masking/mask-keys.ts';
import { checkValue } from '../../lambda/masking/masker.ts';
import { readDatabase } from '../../lambda/settings/database-settings.ts';
import { ENV, type Environment } from '../../lambda/settings/environment.ts';
import { type LayerSource, readRotation } from '../../lambda/settings/key-settings.ts';
import { defineCommand } from '../cli/command.ts';
import { formatCount, showProgress } from '../cli/progress.ts';
import { UserError } from '../cli/user-error.ts';
import { choice } from '../cli/values.ts';
import { keyId } from './key-id.ts';

const HELP = `
Environment:
  DATABASE_URL                 as login_rekeyer, or as the owner
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
          'Run again, it goes on wherever it broke off.',
      )
      .requiredOption('--to <kid>', 'the id of the new key, such as k2', keyId)
      .option(
        '--steps <n>',
        'transactions: 1, 16 or 256; more of them hold writers up for less (default: 16)',
        choice(1, 16, 256),
      )
      .option('--sweep', 'move what an older release has written since, too')
      .addHelpText('after', HELP),
  async ({ env, options: { to, steps = 16, sweep = false }, interrupt }) => {
    const settings = readSettings(env, to);
    const [from, next] = await Promise.all([openLayer(settings.from), openLayer(settings.to)]);
    const stop = interrupt('Stopping. What this step has done may be undone; run it again to go on.');
    let total: number | null = null;
    let moved = 0;
    const progress = showProgress(
      () => moved,
      () => total,
      'pseudonyms',
    );
    try {
      const result = await rekey(settings.database, {
        rotation: { from: { kid: settings.from.kid, block: from.block }, to: { kid: to, block: next.block } },
        checks: [
          { name: settings.from.kid, value: checkValue(from.check) },
          { name: to, value: checkValue(next.check) },
        ],
        steps,
        sweep,
        stop,
        progress: {
          total(pseudonyms) {
            total = pseudonyms;
          },
          moved(pseudonyms) {
            moved += pseudonyms;
          },
        },
      });
      return answer(result, settings.from.kid, to);
    } finally {
      progress.end();
    }
  },
);

function readSettings(given: Environment, to: string) {
  const problems: string[] = [];
  if (given[ENV.maskNextKeyId] && given[ENV.maskNextKeyId] !== to) {
    problems.push(`${ENV.maskNextKeyId} is another id than --to.`);
  }
  const env = { ...given, [ENV.maskNextKeyId]: to };
  const database = readDatabase(env, problems);
  const rotation = readRotation(env, problems);
  if (problems.length > 0 || !database || !rotation) throw new ConfigError(problems);
  return { database, ...rotation };
}

async function openLayer({ source }: LayerSource): Promise<LayerKeys> {
  const opened = await openKey(source, LAYER_KEY_INFO, ENV.maskLayerKmsKey);
  if ('outage' in opened) {
    throw new UserError(`KMS did not answer for a layer key (${opened.outage.replace('kms ', '')}).`);
  }
  return opened.keys;
}

const EXIT_CODES = { done: 0, 'not enrolled': 4, stopped: 130 } as const;

function answer(result: RekeyResult, from: string, to: string) {
  const { outcome, left } = result;
  const exitCode = outcome === 'done' && left > 0 ? 3 : EXIT_CODES[outcome];
  return { json: { from, to, ...result }, text: `${describe(result, from, to)}\n`, exitCode };
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
    `Then disable the layer key of ${from}; delete it when no backup needs it any more.`,
    'Dead rows are left behind: as the owner, run "vacuum user_logins".',
    'Materialised views keep the old pseudonyms until refresh_login_views() is run.',
  ].join('\n');
}
