import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSigner } from '../../tools/sqs/signature.ts';

interface Call {
  action: string;
  body: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  at: Date;
}

/** Few secrets and few days, so that one signer meets each of them again. */
const call: fc.Arbitrary<Call> = fc.record({
  action: fc.constantFrom('ReceiveMessage', 'DeleteMessageBatch', 'SendMessageBatch'),
  body: fc.string({ unit: 'binary', maxLength: 200 }),
  credentials: fc.record(
    {
      accessKeyId: fc.constantFrom('AKIDEXAMPLE', 'ASIAEXAMPLE'),
      secretAccessKey: fc.constantFrom('secret', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'x'.repeat(99)),
      sessionToken: fc.base64String({ minLength: 1 }),
    },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  ),
  at: fc
    .tuple(fc.nat({ max: 3 }), fc.nat({ max: 86_399_999 }))
    .map(([day, ms]) => new Date(Date.UTC(2026, 11, 30 + day) + ms)),
});
const origin = fc
  .tuple(fc.constantFrom('https://sqs.eu-central-1.amazonaws.com', 'http://127.0.0.1:4566'), fc.webPath())
  .map(([host, path]) => new URL(`${host}${path}`));
const region = fc.constantFrom('eu-central-1', 'us-gov-west-1');

test('what is signed is what the signer of the SDK makes of it', async () => {
  await fc.assert(
    fc.asyncProperty(origin, region, fc.array(call, { minLength: 1, maxLength: 6 }), async (url, where, calls) => {
      const sign = createSigner(url, where);
      for (const { action, body, credentials, at } of calls) {
        const headers = sign(action, body, credentials, at);
        expect(headers).toEqual(await signedBySdk(url, where, { action, body, credentials, at }));
      }
    }),
  );
});

async function signedBySdk(
  { protocol, host, pathname }: URL,
  signedFor: string,
  { action, body, credentials, at }: Call,
) {
  const options = { service: 'sqs', region: signedFor, credentials, sha256: Sha256, applyChecksum: false };
  const headers = { host, 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` };
  const request = { method: 'POST', protocol, hostname: host, path: pathname, headers, body };
  return (await new SignatureV4(options).sign(request, { signingDate: at })).headers;
}

/** The hash that the SDK's signer asks for. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string | Uint8Array);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}
