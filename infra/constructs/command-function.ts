import { CfnOutput, type aws_kms as kms, type aws_lambda as lambda, type aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type CommandName, commandOutput } from '../names.ts';
import type { Stage } from '../settings/settings.ts';
import type { Cluster } from './database.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export interface CommandFunctionProps {
  stage: Stage;
  description: string;
  /** Path of the file that exports `handler`, from the root of the project. */
  entry: string;
  environment: Record<string, string>;
  log: logs.ILogGroup;
  network?: NonNullable<NodeFunctionProps['network']>;
  /** The one database role that it may log in as; left out if it has no database, or a password in its URL. */
  login?: { cluster: Cluster; role: string };
  /** Keys whose GenerateMac it may call; each key's own policy has to name it as well (`HmacKey`, `users`). */
  macKeys?: readonly kms.IKey[];
  /** The vault's key, which it may Decrypt with; the key's own policy has to name it as well. */
  vaultKey?: kms.IKey;
  /** 256 MB unless the work needs more. */
  memoryMb?: number;
}

/** The longest that Lambda allows; the command that invokes it waits just as long. */
export const COMMAND_TIMEOUT_SECONDS = 900;

/**
 * A function that does the work of a command of `npx login-etl` next to the database, with rights of its own. The command
 * finds it by an output of the stack and invokes it with its caller's identity, so that nobody needs a way into the network.
 */
export class CommandFunction extends Construct {
  readonly function: lambda.Function;

  /** @param name of the function, and part of the names of its role, its log and the stack's output */
  constructor(
    scope: Construct,
    name: CommandName,
    { login, macKeys, vaultKey, memoryMb, ...props }: CommandFunctionProps,
  ) {
    super(scope, `Command-${name}`);
    const made = new NodeFunction(this, name, {
      ...props,
      memoryMb: memoryMb ?? 256,
      timeoutSeconds: COMMAND_TIMEOUT_SECONDS,
    });
    this.function = made.function;
    login?.cluster.grantConnect(this.function, login.role);
    if (macKeys) made.grantMac(macKeys);
    if (vaultKey) made.grantVault('kms:Decrypt', vaultKey);
    const output = new CfnOutput(this, 'Name', {
      description: `Invoked by npx login-etl ... --stage ${props.stage}`,
      value: this.function.functionName,
    });
    output.overrideLogicalId(commandOutput(name));
  }
}
