import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';

type Credentials = Awaited<ReturnType<SQSClient['config']['credentials']>>;

/** @returns every header of the request except its length */
export type Signer = (action: string, body: string, credentials: Credentials, at: Date) => Record<string, string>;

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Signature Version 4 of the one kind of request that a busy queue makes: a POST without a query, always with the same
 * headers. The SDK's signer takes any request, and takes it apart at every call.
 */
export function createSigner(origin: URL, region: string): Signer {
  const path = canonicalPath(origin.pathname);
  let kept: { secret: string; day: string; key: KeyObject } | null = null;

  function signingKey(secret: string, day: string): KeyObject {
    if (kept?.secret !== secret || kept.day !== day) {
      kept = { secret, day, key: deriveKey(secret, [day, region, 'sqs', 'aws4_request']) };
    }
    return kept.key;
  }

  return (action, body, credentials, at) => {
    const date = at.toISOString().replace(/\.\d{3}|[:-]/g, '');
    const day = date.slice(0, 8);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    // In the order of their names, as they are signed.
    const headers: Record<string, string> = {
      'content-type': CONTENT_TYPE,
      host: origin.host,
      'x-amz-date': date,
      ...(sessionToken && { 'x-amz-security-token': sessionToken }),
      'x-amz-target': `AmazonSQS.${action}`,
    };
    const names = Object.keys(headers).join(';');
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    const canonical = `POST\n${path}\n\n${lines.join('')}\n${names}\n${hash('sha256', body)}`;
    const scope = `${day}/${region}/sqs/aws4_request`;
    const toSign = `${ALGORITHM}\n${date}\n${scope}\n${hash('sha256', canonical)}`;
    const signature = createHmac('sha256', signingKey(secretAccessKey, day)).update(toSign).digest('hex');
    const credential = `${accessKeyId}/${scope}`;
    headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
    return headers;
  };
}

function deriveKey(secret: string, parts: readonly string[]): KeyObject {
  // Node 24.21 takes a fifth of the time for a KeyObject that it takes for the key's bytes.
  return parts.reduce(
    (key, part) => createSecretKey(createHmac('sha256', key).update(part).digest()),
    createSecretKey(`AWS4${secret}`, 'utf8'),
  );
}

/** Encoded once more, as for every service except S3. */
function canonicalPath(path: string): string {
  return encodeURIComponent(path.replace(/\/+/g, '/'))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');
}
