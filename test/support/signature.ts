import { createHash, createHmac } from 'node:crypto';
import type { AwsCall } from './aws-server.ts';

/**
 * The Authorization header of a POST to `/`, worked out from "Create a signed AWS API request" in the IAM user guide: the
 * check that AWS makes of it.
 */
export function authorizationOf({ headers, body }: AwsCall, accessKeyId: string, secretAccessKey: string): string {
  const given = `${headers.authorization}`;
  const signed = /SignedHeaders=([^,]+)/.exec(given)?.[1] ?? '';
  const [, date = '', region = ''] = /Credential=[^/]+\/(\d{8})\/([^/]+)\/sqs\/aws4_request/.exec(given) ?? [];
  const canonical = [
    'POST',
    '/',
    '',
    ...signed.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const scope = `${date}/${region}/sqs/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [region, 'sqs', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secretAccessKey}`, date));
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
