import { cpSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Writes what the container runs, `node tools/drain/bundle.ts FILE`: one file, and the migrations beside it. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [outfile = 'dist/login-etl-drain.mjs'] = process.argv.slice(2);
await build({
  absWorkingDir: ROOT,
  entryPoints: ['tools/program/container.ts'],
  outfile,
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  external: ['pg-native'],
  // pg requires Node's modules by name, and an ES module has no `require` of its own.
  banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
});
const MIGRATIONS = join(ROOT, 'lambda', 'store', 'schema', 'migrations');
cpSync(MIGRATIONS, resolve(ROOT, dirname(outfile), 'migrations'), { recursive: true });
