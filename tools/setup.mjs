// What an npm script runs: does the set-up, then runs a program of node_modules.
import { ensureInstalled, run } from './bootstrap.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('Usage: node tools/setup.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
await ensureInstalled();
run(command, args);
