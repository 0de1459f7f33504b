import { errorName } from '../../lambda/errors.ts';
import { AWS_CLIENT } from '../../lambda/settings/aws-client.ts';
import type { Environment } from '../../lambda/settings/environment.ts';

/** What the account answered, or its error's code, such as AccessDenied. */
export type Lookup<T> = { known: T } | { unknown: string };

export interface StackState {
  /** CloudFormation's word for it, such as `UPDATE_COMPLETE`. */
  status: string;
  isProtected: boolean;
}

export interface Account {
  region: Lookup<string>;
  id: Lookup<string>;
  /** null: CDK is not set up there. */
  bootstrapVersion: Lookup<number | null>;
  /** Whether the role exists that RDS needs to manage clusters. */
  hasRdsRole: Lookup<boolean>;
  /** How many functions Lambda runs at once in the whole account. */
  concurrency: Lookup<number>;
  /** Keyed by name; null if the stack does not exist. */
  stacks: Record<string, Lookup<StackState | null>>;
}

const BOOTSTRAP_STACK = 'CDKToolkit';
const RDS_ROLE = 'AWSServiceRoleForRDS';

/** Asks by calls that only read; an endpoint may refuse any of them, or not know it. */
export async function askAccount(stackNames: readonly string[], env: Environment): Promise<Account> {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const client = { ...AWS_CLIENT, ...(region ? { region } : {}) };
  const [ownRegion, id, bootstrapVersion, hasRdsRole, concurrency, ...states] = await Promise.all([
    ask(() => findRegion(client)),
    ask(() => findAccount(client)),
    ask(() => findBootstrapVersion(client)),
    ask(() => findRdsRole(client)),
    ask(() => findConcurrency(client)),
    ...stackNames.map((name) => ask(async () => stateOf(await findStack(client, name)))),
  ]);
  const stacks = Object.fromEntries(stackNames.map((name, i) => [name, states[i] as Lookup<StackState | null>]));
  return { region: ownRegion, id, bootstrapVersion, hasRdsRole, concurrency, stacks };
}

type ClientConfig = typeof AWS_CLIENT & { region?: string };

async function ask<T>(question: () => Promise<T>): Promise<Lookup<T>> {
  try {
    return { known: await question() };
  } catch (error) {
    return { unknown: errorName(error) };
  }
}

async function findRegion(config: ClientConfig): Promise<string> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  return new STSClient(config).config.region();
}

async function findAccount(config: ClientConfig): Promise<string> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Account = '' } = await new STSClient(config).send(new GetCallerIdentityCommand());
  return Account;
}

async function findBootstrapVersion(config: ClientConfig): Promise<number | null> {
  const stack = await findStack(config, BOOTSTRAP_STACK);
  const version = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue;
  return version === undefined ? null : Number(version);
}

async function findRdsRole(config: ClientConfig): Promise<boolean> {
  const { IAMClient, GetRoleCommand, NoSuchEntityException } = await import('@aws-sdk/client-iam');
  try {
    await new IAMClient(config).send(new GetRoleCommand({ RoleName: RDS_ROLE }));
    return true;
  } catch (error) {
    if (error instanceof NoSuchEntityException) return false;
    throw error;
  }
}

async function findConcurrency(config: ClientConfig): Promise<number> {
  const { LambdaClient, GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
  const { AccountLimit } = await new LambdaClient(config).send(new GetAccountSettingsCommand());
  const limit = AccountLimit?.ConcurrentExecutions;
  if (limit === undefined) throw Object.assign(new Error(), { name: 'NoAccountLimit' });
  return limit;
}

/** CloudFormation has no error of its own for a missing stack. */
async function findStack(config: ClientConfig, StackName: string) {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const { Stacks } = await new CloudFormationClient(config).send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0] ?? null;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'ValidationError' && message.includes('does not exist')) return null;
    throw error;
  }
}

function stateOf(stack: Awaited<ReturnType<typeof findStack>>): StackState | null {
  return stack && { status: stack.StackStatus ?? '', isProtected: stack.EnableTerminationProtection === true };
}
