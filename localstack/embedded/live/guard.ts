import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  /** The address to open; its token moves into a cookie at once, so that it is in no history. */
  url: string;
  cookie: string;
  hasToken(url: URL): boolean;
  /** Null, or why the request is refused, with the status that says so. */
  refusal(request: IncomingMessage): { status: number; reason: string } | null;
}

/**
 * Who may look: the browser that opened the printed address. Every page that the same browser has open can send requests
 * to a port of this machine, under a name of its own (DNS rebinding) or from another port (which cookies do not tell
 * apart); so the Host has to be the one that was printed, and whatever changes something has to come from this page.
 */
export function createGuard(port: number): Guard {
  const token = randomBytes(32).toString('base64url');
  const host = `127.0.0.1:${port}`;
  const name = `login_etl_${port}`;
  const isToken = (text: string) =>
    text.length === token.length && timingSafeEqual(Buffer.from(text), Buffer.from(token));
  return {
    url: `http://${host}/?token=${token}`,
    cookie: `${name}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    hasToken: ({ searchParams }) => isToken(searchParams.get('token') ?? ''),
    refusal({ headers, method }) {
      if (headers.host !== host) return { status: 421, reason: `This server answers only as ${host}.` };
      const [, value = ''] = new RegExp(`(?:^|; )${name}=([^;]*)`).exec(headers.cookie ?? '') ?? [];
      if (!isToken(value)) return { status: 403, reason: 'Open the address that npm start has printed.' };
      const isOwn = headers.origin === `http://${host}` && headers['content-type'] === 'application/json';
      return method === 'POST' && !isOwn ? { status: 403, reason: 'Requests from other pages are refused.' } : null;
    },
  };
}
