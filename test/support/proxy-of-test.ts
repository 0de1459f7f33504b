import { onTestFinished } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

/** A proxy that stops when the test ends. */
export async function startProxyOfTest(url: string): Promise<FaultProxy> {
  const proxy = await startFaultProxy(url);
  onTestFinished(proxy.stop);
  return proxy;
}
