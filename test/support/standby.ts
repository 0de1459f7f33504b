import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findBinaries } from '../../localstack/embedded/postgres/binaries.ts';
import { postgresHome, removePostgres, startPostgres } from '../../localstack/embedded/postgres/embedded-postgres.ts';
import { runProgram } from '../../localstack/embedded/postgres/run-program.ts';
import { serverAccount } from '../../localstack/embedded/postgres/server-account.ts';

/** A server that answers every login with 57P03, as if it were starting up, until it is promoted. */
export async function startStandby(): Promise<{ url: string; promote(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'login-etl-standby-'));
  chmodSync(folder, 0o755);
  const packageName = process.env.TEST_POSTGRES_PACKAGE;
  const options = packageName ? { packageName } : {};
  const once = await startPostgres(folder, options);
  await once.stop();
  const data = join(postgresHome(folder), 'data');
  writeFileSync(join(data, 'standby.signal'), '');
  const server = await startPostgres(folder, { ...options, settings: { hot_standby: 'off', fsync: 'off' } });
  onTestFinished(async () => {
    await server.stop();
    removePostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: server.url,
    async promote() {
      const { pgCtl } = await findBinaries(packageName);
      await runProgram(pgCtl, ['promote', '-w', '-s', '-D', data], { ...serverAccount(), cwd: '/' });
    },
  };
}
