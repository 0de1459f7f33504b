import { createServer } from 'node:net';
import { UserError } from '../../tools/cli/user-error.ts';

const HOST = '127.0.0.1';

/** @throws UserError if something listens on it already, or it may not be opened */
export async function requireFreePort(port: number, option: string): Promise<void> {
  await listenOnce(port).catch(({ code }: NodeJS.ErrnoException) => {
    const fault = code === 'EADDRINUSE' ? 'is taken' : `cannot be opened (${code})`;
    throw new UserError(`Port ${port} ${fault}: free it, or give ${option} another one.`);
  });
}

/** A port that nothing listens on at the moment. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(port, HOST, () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
