import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseMasterKey } from '../../lambda/masking/master-key.ts';
import { type DataFolder, openDataFolder } from '../../localstack/embedded/data-folder.ts';
import { keySettings } from '../../localstack/embedded/key-settings.ts';
import { postgresHome, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { type Account, isReachable, serverAccount } from '../../localstack/embedded/postgres/server-account.ts';
import { UserError } from '../../tools/cli/user-error.ts';

function makeParent(): string {
  const parent = mkdtempSync(join(tmpdir(), 'data-folder-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  return parent;
}

function open(path: string): DataFolder {
  const folder = openDataFolder(path);
  onTestFinished(() => folder.release());
  return folder;
}

/** Another process that opens the folder, says what came of it, and then lives on. */
function startOther(path: string, account: Account = {}): { child: ChildProcess; said: Promise<string> } {
  const module = new URL('../../localstack/embedded/data-folder.ts', import.meta.url).href;
  const script = `
    import { openDataFolder } from ${JSON.stringify(module)};
    let folder;
    try {
      folder = openDataFolder(${JSON.stringify(path)});
      console.log('opened ' + folder.maskKey());
    } catch ({ name, message }) {
      console.log(name + ' ' + message);
    }
    setInterval(() => folder, 60_000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, args, { ...account, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, said: once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => text.trimEnd()) };
}

describe('a folder in use', () => {
  test('is refused to another process', async () => {
    const path = join(makeParent(), 'data');
    open(path);
    expect(await startOther(path).said).toBe(
      `UserError Another run is using ${path}: stop it first, or give this one a folder of its own with --data.`,
    );
  });

  test('is refused to the same process, by whatever path', async () => {
    const path = join(makeParent(), 'data');
    open(path);
    expect(() => openDataFolder(`${path}/../data/`)).toThrow(UserError);
  });

  test('does not stand in the way of another folder', async () => {
    const parent = makeParent();
    open(join(parent, 'one'));
    expect(await startOther(join(parent, 'two')).said).toMatch(/^opened /);
  });

  test('is free once it is released', async () => {
    const path = join(makeParent(), 'data');
    openDataFolder(path).release();
    expect(await startOther(path).said).toMatch(/^opened /);
  });

  test('is free, with its key, once its process was killed', async () => {
    const path = join(makeParent(), 'data');
    const { child, said } = startOther(path);
    const key = (await said).replace('opened ', '');
    expect(() => openDataFolder(path)).toThrow('Another run');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(open(path).maskKey()).toBe(key);
  });
});

describe('a folder that cannot be used is one sentence', () => {
  test('if a file is in its place', () => {
    const path = join(makeParent(), 'file');
    writeFileSync(path, '');
    expect(() => openDataFolder(path)).toThrow(new UserError(`The data folder ${path} cannot be created (EEXIST).`));
    for (const below of ['data', 'data/deeper']) {
      expect(() => openDataFolder(join(path, below))).toThrow(/cannot be created \(ENOTDIR\)\.$/);
    }
  });

  test.runIf(existsSync('/proc/self'))('if the system lets nobody create one', () => {
    for (const path of ['/proc/data', '/proc/data/deeper']) {
      expect(() => openDataFolder(path)).toThrow(`The data folder ${path} cannot be created (ENOENT).`);
    }
  });

  test('if its lock is not a file', () => {
    const path = makeParent();
    mkdirSync(join(path, 'lock'));
    expect(() => openDataFolder(path)).toThrow(new UserError(`The data folder ${path} cannot be written.`));
  });
});

/** Only root can act as somebody else, who then has to reach the project. */
const canBeSomebodyElse = process.getuid?.() === 0 && isReachable(process.execPath);

describe.runIf(canBeSomebodyElse)("another user's folder is one sentence", () => {
  test('if it is closed', async () => {
    const parent = makeParent();
    chmodSync(parent, 0o755);
    const path = join(parent, 'data');
    mkdirSync(path, { mode: 0o755 });
    expect(await startOther(path, serverAccount()).said).toBe(`UserError The data folder ${path} cannot be written.`);
  });

  test('if it has been used', async () => {
    const path = makeParent();
    chmodSync(path, 0o755);
    openDataFolder(path).release();
    expect(await startOther(path, serverAccount()).said).toBe(`UserError The data folder ${path} cannot be written.`);
  });

  test('if root comes to it', async () => {
    const path = makeParent();
    chmodSync(path, 0o755);
    const data = join(postgresHome(path), 'data');
    mkdirSync(data, { recursive: true });
    await expect(startPostgres(path)).rejects.toThrow(
      new UserError(`The database in ${data} belongs to another user: run this as that user, or name another --data.`),
    );
  });

  test('if it is open and its keys are not', async () => {
    const path = makeParent();
    const folder = openDataFolder(path);
    folder.maskKey();
    folder.release();
    for (const [file, mode] of [
      [path, 0o777],
      [join(path, 'lock'), 0o666],
    ] as const) {
      chmodSync(file, mode);
    }
    expect(await startOther(path, serverAccount()).said).toBe(
      `UserError The mask key ${join(path, 'mask-key')} cannot be read or created (EACCES): you must own it and its folder.`,
    );
  });
});

describe('the mask keys', () => {
  test('are such as the function takes, and others in every folder', () => {
    const folders = ['one', 'two'].map((name) => open(join(makeParent(), name)));
    const keys = folders.flatMap((folder) => [folder.maskKey(), folder.maskLayerKey()]);
    for (const key of keys) expect(parseMasterKey(key)).toMatchObject({ ok: true });
    expect(new Set(keys).size).toBe(4);
  });

  test('stay the same', () => {
    const path = makeParent();
    const folder = openDataFolder(path);
    const keys = keySettings({}, folder);
    expect(keySettings({}, folder)).toEqual(keys);
    folder.release();
    expect(keySettings({}, open(path))).toEqual(keys);
  });

  test('are readable by their owner alone', () => {
    const folder = open(makeParent());
    keySettings({}, folder);
    for (const file of ['mask-key', 'mask-layer-key']) {
      expect(statSync(join(folder.path, file)).mode & 0o777).toBe(0o600);
    }
  });

  test('are not made for a run that brings its own', () => {
    const folder = open(makeParent());
    expect(keySettings({ MASK_KEY: 'mine' }, folder)).toMatchObject({ MASK_KEY: 'mine', MASK_LAYER_KEY: '' });
    const both = { MASK_KEY: 'mine', MASK_LAYER_KEY: 'mine too' };
    expect(keySettings({ ...both, MASK_KMS_KEY: 'x', MASK_LAYER_KMS_KEY: 'y' }, folder)).toMatchObject({
      ...both,
      MASK_KMS_KEY: '',
      MASK_LAYER_KMS_KEY: '',
    });
    for (const file of ['mask-key', 'mask-layer-key']) expect(existsSync(join(folder.path, file))).toBe(false);
  });

  test('are for k1: another id has to bring its layer key', () => {
    const folder = open(makeParent());
    expect(keySettings({ MASK_KEY_ID: 'k2' }, folder)).toMatchObject({ MASK_LAYER_KEY: '' });
    const own = { MASK_KEY_ID: 'k2', MASK_LAYER_KEY: 'mine' };
    expect(keySettings(own, folder)).toMatchObject({ MASK_KEY: folder.maskKey(), MASK_LAYER_KEY: 'mine' });
  });
});

test('emptying the database takes nothing but the database', () => {
  const folder = open(makeParent());
  const key = folder.maskKey();
  writeFileSync(folder.logFile, 'a line\n');
  const home = postgresHome(folder.path);
  mkdirSync(join(home, 'data'), { recursive: true });
  folder.emptyDatabase();
  expect(existsSync(home)).toBe(false);
  expect(folder.maskKey()).toBe(key);
  expect(readFileSync(folder.logFile, 'utf8')).toBe('a line\n');
});
