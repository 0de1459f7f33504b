import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { buildApp } from 'fauxqs';

/** `startFauxqs` listens on every interface, without authentication; this is loopback only. */
const app = buildApp({ logger: false });
await app.listen({ port: workerData.port, host: '127.0.0.1' });
parentPort?.postMessage((app.server.address() as AddressInfo).port);
