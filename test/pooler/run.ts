import { spawnSync } from 'node:child_process';

const HELP = `Proves that the function's writes work through a connection pooler, on a real PgBouncer. About a minute.

  npm run test:pooler

It needs the program pgbouncer; on Debian and Ubuntu: apt-get install pgbouncer
`;

function main(args: readonly string[]): number {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const { status, stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write('There is no pgbouncer here. On Debian and Ubuntu: apt-get install pgbouncer\n');
    return 1;
  }
  process.stdout.write(`pooler tests on ${stdout.split('\n')[0]}\n`);
  return (
    spawnSync('vitest', ['run', '--config', 'test/pooler/vitest.config.ts', ...args], { stdio: 'inherit' }).status ?? 1
  );
}

// Where Debian puts it is not on every user's path.
process.env.PATH = `${process.env.PATH}:/usr/sbin`;
process.exitCode = main(process.argv.slice(2));
