import { CfnOutput, type aws_kms as kms, type aws_lambda as lambda, type aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type CommandName, commandOutput } from '../names.ts';
import type { Stage } from '../settings/settings.ts';
import type { Cluster } from './database.ts';
import { NodeFunction, type NodeFunctionProps } from './node-function.ts';

export interface CommandFunctionProps {
  stage: Stage;
  environment: Record<string, string>;
  log: logs.ILogGroup;
  network?: NonNullable<NodeFunctionProps['network']>;
  /** The one database role that it may log in as; left out if it has no database, or a password in its URL. */
  login?: { cluster: Cluster; role: string };
  /** Keys whose GenerateMac it may call; each key's own policy has to name it as well (`HmacKey`, `users`). */
  macKeys?: readonly kms.IKey[];
  /** The vault's key, which it may Decrypt with; the key's own policy has to name it as well. */
  vaultKey?: kms.IKey;
}

const DESCRIPTIONS: Readonly<Record<CommandName, string>> = {
  look: 'Looks at the table, for those who may not enter the network',
  pseudonym: 'Pseudonyms of known values',
  erase: 'Erases a person, a month of the vault, or what is old',
  rekey: 'Replaces the layer key of all pseudonyms; there only while a rotation is open',
  adopt: 'Takes over a table of SHA-256 hashes; there only where the settings call it adopted',
  recover: 'Opens values of the recovery vault; there only while that is on',
};

/** The longest that Lambda allows; the command that invokes it waits just as long. */
export const COMMAND_TIMEOUT_SECONDS = 900;

/**
 * A function that does the work of a command of `npx login-etl` next to the database, with rights of its own. The command
 * finds it by an output of the stack and invokes it with its caller's identity, so that nobody needs a way into the network.
 */
export class CommandFunction extends Construct {
  readonly function: lambda.Function;

  /** @param name of the function: in the names of its role, its log, the stack's output, and the file with its handler */
  constructor(scope: Construct, name: CommandName, { login, macKeys, vaultKey, ...props }: CommandFunctionProps) {
    super(scope, `Command-${name}`);
    const made = new NodeFunction(this, name, {
      ...props,
      description: DESCRIPTIONS[name],
      entry: `lambda/${name}-handler.ts`,
      memoryMb: 256,
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
