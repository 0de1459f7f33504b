import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newVaultKey } from '../../lambda/masking/vault/new-key.ts';
import { defineCommand, defineGroup } from '../cli/command.ts';
import { makeFolder } from '../cli/make-folder.ts';
import { UserError } from '../cli/user-error.ts';
import { writeNewFile } from '../cli/write-new-file.ts';

const PROJECT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));

export const PUBLIC_FILE = 'vault-public.pem';
export const PRIVATE_FILE = 'vault-private.pem';

export const newKey = defineCommand(
  (command) =>
    command
      .description(
        'Makes a key pair for the recovery vault: the public half seals values as they are written, and only the ' +
          'private half opens them. Keep it away from the function, and keep a copy: nothing else opens what was sealed.',
      )
      .requiredOption('--out <dir>', 'the folder to write the two files to, outside this project')
      .addHelpText(
        'after',
        `
Example:
  npx login-etl vault new-key --out ~/keys`,
      ),
  async ({ options: { out } }) => {
    const folder = outsideProject(out);
    const pair = await newVaultKey();
    const files = { publicKey: join(folder, PUBLIC_FILE), privateKey: join(folder, PRIVATE_FILE) };
    makeFolder(folder, { mode: 0o700 });
    // The private one first: without it the other must not be used.
    writeNewFile(files.privateKey, pair.privatePem);
    writeNewFile(files.publicKey, pair.publicPem);
    return {
      json: { keyName: pair.name, ...files },
      text: [
        `Key ${pair.name}:`,
        `  opens, keep it secret and safe   ${files.privateKey}`,
        `  seals, for the function          ${files.publicKey}`,
        `The function seals with VAULT_PUBLIC_KEY=${files.publicKey}.`,
        '',
      ].join('\n'),
    };
  },
);

export const command = defineGroup(
  (group) =>
    group.description('The recovery vault keeps each masked value sealed, so that only its private key opens it.'),
  { 'new-key': { summary: 'make its key pair', command: newKey } },
);

/** A private key in the project ends up in a repository, an image or a bundle. */
function outsideProject(out: string): string {
  const folder = resolve(out);
  const isInside = !relative(PROJECT, existingPart(folder)).startsWith('..');
  if (isInside) throw new UserError('The private key must not be inside this project: name another folder.', 2);
  return folder;
}

/** @returns the part of the path that is there, without symbolic links */
function existingPart(path: string): string {
  let part = path;
  while (!existsSync(part)) part = dirname(part);
  return realpathSync(part);
}
