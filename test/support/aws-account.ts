import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface AwsAccount {
  /** null: the call's credentials are not known. */
  id: string | null;
  bootstrapVersion: number | null;
  hasRdsRole: boolean;
  concurrency: number;
  /** Status of each stack by name, `protected` behind it where it is. */
  stacks: Readonly<Record<string, string>>;
  /** Calls that are refused, by name. */
  denied: readonly string[];
  /** Calls that the endpoint does not know. */
  missing: readonly string[];
}

export const NEW_ACCOUNT: AwsAccount = {
  id: '111122223333',
  bootstrapVersion: null,
  hasRdsRole: false,
  concurrency: 10,
  stacks: {},
  denied: [],
  missing: [],
};

/** STS, CloudFormation, IAM (AWS's Query protocol, XML) and Lambda (REST) of one account, until the test ends. */
export async function startAwsAccount(account: AwsAccount): Promise<string> {
  const server = createServer(async (request, response) => {
    const { status, body } = answer(account, request.url ?? '', new URLSearchParams(await bodyOf(request)));
    response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/xml' }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Reply = { status: number; body: string };

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

function stack({ bootstrapVersion, stacks }: AwsAccount, name: string): Reply {
  const all = bootstrapVersion === null ? stacks : { ...stacks, CDKToolkit: 'CREATE_COMPLETE' };
  const state = all[name];
  if (state === undefined) return failure(400, 'ValidationError', `Stack with id ${name} does not exist`);
  const [status, isProtected] = state.split(' ');
  const output = `<member><OutputKey>BootstrapVersion</OutputKey><OutputValue>${bootstrapVersion}</OutputValue></member>`;
  return xml(
    'DescribeStacks',
    `<Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-25T00:00:00Z</CreationTime>` +
      `<StackStatus>${status}</StackStatus>` +
      `<EnableTerminationProtection>${isProtected === 'protected'}</EnableTerminationProtection>` +
      `${name === 'CDKToolkit' ? `<Outputs>${output}</Outputs>` : ''}</member></Stacks>`,
  );
}

function xml(call: string, result: string): Reply {
  return { status: 200, body: `<${call}Response><${call}Result>${result}</${call}Result></${call}Response>` };
}

function json(body: object): Reply {
  return { status: 200, body: JSON.stringify(body) };
}

function jsonFailure(status: number, code: string, message: string): Reply {
  return { ...json({ code, message }), status };
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
