import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface AwsAccount {
  /** null if the call's credentials are not known. */
  id: string | null;
  bootstrapVersion: number | null;
  hasRdsRole: boolean;
  concurrency: number;
  /** Status of each stack by name, followed by `protected` if it is. */
  stacks: Readonly<Record<string, string>>;
  /** The outputs of every stack but CDK's own. */
  outputs: Readonly<Record<string, string>>;
  /** What a function answers; an error of the function or of Lambda has its name besides. */
  invoke(name: string, request: unknown): Invoked | Promise<Invoked>;
  /** Calls that are refused, by name. */
  denied: readonly string[];
  /** Calls that the endpoint does not know. */
  missing: readonly string[];
}

export interface Invoked {
  body: string;
  functionError?: string;
  lambdaError?: string;
}

export const NEW_ACCOUNT: AwsAccount = {
  id: '111122223333',
  bootstrapVersion: null,
  hasRdsRole: false,
  concurrency: 10,
  stacks: {},
  outputs: {},
  invoke(name) {
    throw new Error(`nobody should invoke ${name}`);
  },
  denied: [],
  missing: [],
};

/** STS, CloudFormation, IAM (AWS's Query protocol, XML) and Lambda (REST) of one account, until the test ends. */
export async function startAwsAccount(account: AwsAccount): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const text = await bodyOf(request);
    const isQuery = !path.includes('/functions/');
    const reply = isQuery ? answer(account, path, new URLSearchParams(text)) : await invocation(account, path, text);
    const { status, body, headers } = reply;
    const type = body.startsWith('<') ? 'text/xml' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Reply = { status: number; body: string; headers?: Record<string, string> };

async function invocation({ denied, invoke }: AwsAccount, path: string, text: string): Promise<Reply> {
  if (denied.includes('Invoke')) return jsonFailure(403, 'AccessDeniedException', 'Not authorized.');
  const name = /\/functions\/([^/]+)\/invocations/.exec(path)?.[1] ?? '';
  const { body, functionError, lambdaError } = await invoke(name, JSON.parse(text));
  if (lambdaError) return jsonFailure(400, lambdaError, body);
  return { status: 200, body, headers: functionError ? { 'x-amz-function-error': functionError } : {} };
}

function answer(account: AwsAccount, path: string, query: URLSearchParams): Reply {
  const call = path.includes('/account-settings') ? 'GetAccountSettings' : (query.get('Action') ?? '');
  const fail = call === 'GetAccountSettings' ? jsonFailure : failure;
  if (account.id === null) return fail(403, 'InvalidClientTokenId', 'The security token is invalid.');
  if (account.denied.includes(call)) return fail(403, 'AccessDenied', 'Not authorized.');
  if (account.missing.includes(call)) return fail(501, 'InternalFailure', 'Not implemented.');
  if (call === 'GetAccountSettings') return json({ AccountLimit: { ConcurrentExecutions: account.concurrency } });
  if (call === 'GetCallerIdentity') return xml(call, `<Account>${account.id}</Account>`);
  if (call === 'GetRole') return role(account, query.get('RoleName') ?? '');
  if (call === 'DescribeStacks') return stack(account, query.get('StackName') ?? '');
  throw new Error(`nobody should call ${call}`);
}

function role({ hasRdsRole }: AwsAccount, name: string): Reply {
  if (!hasRdsRole || name !== 'AWSServiceRoleForRDS') return failure(404, 'NoSuchEntity', 'There is no such role.');
  return xml('GetRole', `<Role><RoleName>${name}</RoleName></Role>`);
}

function stack({ bootstrapVersion, stacks, outputs }: AwsAccount, name: string): Reply {
  const all = bootstrapVersion === null ? stacks : { ...stacks, CDKToolkit: 'CREATE_COMPLETE' };
  const state = all[name];
  if (state === undefined) return failure(400, 'ValidationError', `Stack with id ${name} does not exist`);
  const [status, isProtected] = state.split(' ');
  const own = name === 'CDKToolkit' ? { BootstrapVersion: `${bootstrapVersion}` } : outputs;
  const members = Object.entries(own).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return xml(
    'DescribeStacks',
    `<Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-25T00:00:00Z</CreationTime>` +
      `<StackStatus>${status}</StackStatus>` +
      `<EnableTerminationProtection>${isProtected === 'protected'}</EnableTerminationProtection>` +
      `<Outputs>${members.join('')}</Outputs></member></Stacks>`,
  );
}

function xml(call: string, result: string): Reply {
  return { status: 200, body: `<${call}Response><${call}Result>${result}</${call}Result></${call}Response>` };
}

function json(body: object): Reply {
  return { status: 200, body: JSON.stringify(body) };
}

function jsonFailure(status: number, code: string, message: string): Reply {
  return { ...json({ code, message }), status, headers: { 'x-amzn-errortype': code } };
}

function failure(status: number, code: string, message: string): Reply {
  const body = `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, body };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
