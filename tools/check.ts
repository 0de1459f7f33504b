import { spawnSync } from 'node:child_process';

/** `npm run check`: everything that can be said about the code without changing it, the cheapest first. */
const STEPS = [
  { name: 'format, lint, folder boundaries', command: ['biome', 'ci', '.'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'tests', command: ['vitest', 'run'] },
] as const;

for (const { name, command } of STEPS) {
  process.stderr.write(`\n${name}: ${command.join(' ')}\n`);
  const [program, ...args] = command;
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`\n${name}: failed. "npm run fix" mends format and what lint can mend.\n`);
    process.exit(1);
  }
}
