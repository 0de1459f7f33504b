import { build } from 'esbuild';

/** Writes the container's one file: `node tools/drain/bundle.ts FILE`. */
const [outfile = 'dist/login-etl-drain.mjs'] = process.argv.slice(2);
await build({
  absWorkingDir: new URL('../..', import.meta.url).pathname,
  entryPoints: ['tools/drain/container.ts'],
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
