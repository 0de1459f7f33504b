import { spawnSync } from 'node:child_process';

const HELP = `Checks the code without changing it: format, lint, folder boundaries, types, tests.

  npm run check                 all of it
  npm run check -- --static     without the tests
`;

/** The cheapest first. */
const STEPS = [
  { name: 'format, lint, folder boundaries', command: ['biome', 'ci', '.'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'tests', command: ['vitest', 'run'] },
] as const;

function main(args: readonly string[]): number {
  const unknown = args.filter((arg) => arg !== '--static' && arg !== '--help');
  if (unknown.length > 0 || args.includes('--help')) {
    (unknown.length > 0 ? process.stderr : process.stdout).write(HELP);
    return unknown.length > 0 ? 2 : 0;
  }
  const steps = STEPS.filter(({ name }) => name !== 'tests' || !args.includes('--static'));
  return steps.every(runStep) ? 0 : 1;
}

function runStep({ name, command: [program, ...args] }: (typeof STEPS)[number]): boolean {
  process.stderr.write(`\n${name}\n`);
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0)
    process.stderr.write(`\n${name}: failed. "npm run fix" corrects the format and whatever lint can fix.\n`);
  return status === 0;
}

process.exitCode = main(process.argv.slice(2));
