import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { deriveMaskKeys } from '../../lambda/masking/mask-keys.ts';
import { createMasker } from '../../lambda/masking/masker.ts';
import { TEST_LAYER_KEY, TEST_MASK_KEY, TEST_NEXT_LAYER_KEY } from '../support/function.ts';
import { startLoginEtl } from '../support/killed-command.ts';
import type { Random } from '../support/random.ts';
import { DATABASE_FAULTS, OTHER_FAULTS, until } from './support/faults.ts';
import { runScenario } from './support/scenario.ts';
import type { System } from './support/system.ts';
import { ROLE_PASSWORD } from './support/template.ts';

const KEYS = { MASK_LAYER_KEY: TEST_LAYER_KEY, MASK_NEXT_KEY_ID: 'k2', MASK_NEXT_LAYER_KEY: TEST_NEXT_LAYER_KEY };
const [root, next] = [TEST_MASK_KEY, TEST_NEXT_LAYER_KEY].map((key) => Buffer.from(key.replace('hex:', ''), 'hex')) as [
  Buffer,
  Buffer,
];

/** @returns its exit code; null where it was killed, after the time given */
async function rekey({ postgres }: System, killedAfterMs?: number): Promise<number | null> {
  const url = Object.assign(new URL(postgres.writerUrl), { username: 'login_rekeyer', password: ROLE_PASSWORD }).href;
  const child = startLoginEtl({
    args: ['rekey', '--to', 'k2', '--steps', '256'],
    env: { ...KEYS, DATABASE_URL: url },
  });
  const timer = killedAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killedAfterMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return code;
}

/** Among the faults of the database and of the function those of rekey: it is killed, and goes on. */
async function rotateBesideFaults(system: System, random: Random): Promise<void> {
  const faults = async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(random.int(200, 1_500));
      await DATABASE_FAULTS[random.pick(['killServer', 'killBackend', 'lockTable'] as const)](system, 300, random);
      await OTHER_FAULTS[random.pick(['killFunction', 'cutInCopy', 'loseAnswerByCut'] as const)](system, 300, random);
    }
  };
  const rotate = async () => {
    for (let i = 0; i < 3; i++) await rekey(system, random.int(800, 3_000));
  };
  await Promise.all([faults(), rotate()]);
  await until(async () => (await rekey(system)) === 0, 'the end of the rotation', 120_000);
}

test('the layer key is replaced while database, function and rekey are killed', (context) =>
  runScenario(
    {
      name: 'the layer key is replaced while database, function and rekey are killed',
      messages: 600,
      masker: createMasker('k2', deriveMaskKeys(root, next)),
      system: { env: KEYS, maxReceiveCount: 30, visibilityTimeoutSeconds: 2 },
      faults: rotateBesideFaults,
      async proveEffect({ postgres }) {
        expect(await postgres.query('select kid, next_kid from mask_state')).toEqual([{ kid: 'k2', next_kid: null }]);
      },
    },
    context,
  ));
