import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { newVaultKey } from '../../lambda/masking/vault/new-key.ts';
import { ENV } from '../../lambda/settings/environment.ts';
import { readVault } from '../../lambda/settings/vault-settings.ts';
import type { CommandLine } from '../../tools/cli/command.ts';
import { makeFolder } from '../../tools/cli/make-folder.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { writeNewFile } from '../../tools/cli/write-new-file.ts';
import { PRIVATE_FILE } from '../../tools/keys/vault.ts';
import type { DataFolder } from './data-folder.ts';

type Line = Pick<CommandLine, 'env' | 'out'>;

/**
 * The function's setting of the vault's key. The first run makes a pair; its private half lies neither in the data folder
 * nor in the project, or it would be copied along with what it opens.
 */
export async function vaultSettings(
  isOn: boolean,
  folder: DataFolder,
  { env, out }: Line,
): Promise<Record<string, string>> {
  if (!isOn) return { [ENV.vaultPublicKey]: '' };
  if (env[ENV.vaultPublicKey]) return {};
  const { vaultPublicFile } = folder;
  const name = existsSync(vaultPublicFile) ? nameOf(vaultPublicFile) : await makePair(vaultPublicFile, env);
  const opens = join(privateFolder(env), name, PRIVATE_FILE);
  const note = existsSync(opens) ? '' : ' (not there)';
  out.write(`Sealing every ip and device id. Only this file opens them again:\n  ${opens}${note}\n`);
  return { [ENV.vaultPublicKey]: vaultPublicFile };
}

async function makePair(publicFile: string, env: Line['env']): Promise<string> {
  const { name, publicPem, privatePem } = await newVaultKey();
  const folder = join(privateFolder(env), name);
  makeFolder(folder, { mode: 0o700, name: `The folder of the private key, ${folder},` });
  // The private one first: nothing must be sealed for a key that was lost.
  writeNewFile(join(folder, PRIVATE_FILE), privatePem);
  writeNewFile(publicFile, publicPem);
  return name;
}

function privateFolder(env: Line['env']): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'login-etl');
}

function nameOf(publicFile: string): string {
  const problems: string[] = [];
  const key = readVault({ [ENV.vaultPublicKey]: publicFile }, problems);
  if (key && 'name' in key) return key.name;
  throw new UserError(`The vault's public key ${publicFile} cannot be used: ${problems.join(' ')}`);
}
