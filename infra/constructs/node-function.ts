import { join } from 'node:path';
import {
  ArnFormat,
  Duration,
  type aws_ec2 as ec2,
  aws_iam as iam,
  type aws_kms as kms,
  aws_lambda as lambda,
  type aws_logs as logs,
  aws_lambda_nodejs as nodejs,
  Stack,
  Validations,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { type FunctionName, nameOf, roleNameOf } from '../names.ts';
import type { Stage } from '../settings/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface NodeFunctionProps {
  stage: Stage;
  description: string;
  /** Path of the file that exports `handler`, from the root of the project. */
  entry: string;
  environment: Record<string, string>;
  memoryMb: number;
  timeoutSeconds: number;
  log: logs.ILogGroup;
  /** Folders, from the root of the project, that the bundle finds beside itself. */
  files?: string[];
  /** Without one of ours the function runs in Lambda's own network. */
  network?: { vpc: ec2.IVpc; functions: ec2.ISecurityGroup };
}

/** A function with a role of its own that may write its own log, live in the network, and nothing else. */
export class NodeFunction extends Construct {
  readonly function: nodejs.NodejsFunction;
  /** Met only by calls of this function's code, and not by another function that somebody passes its role to. */
  readonly #byItsCode: iam.Conditions;
  readonly #isInNetwork: boolean;

  /** @param id becomes part of the names of function and role */
  constructor(scope: Construct, id: FunctionName, props: NodeFunctionProps) {
    super(scope, id);
    const functionName = nameOf(props.stage, id);
    this.#isInNetwork = props.network !== undefined;
    this.#byItsCode = { ArnEquals: { 'lambda:SourceFunctionArn': this.#arnOf(functionName) } };
    const role = new iam.Role(this, 'Role', {
      roleName: roleNameOf(props.stage, id),
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    props.log.grantWrite(role);
    if (props.network) this.#letIntoNetwork(role);
    this.function = new nodejs.NodejsFunction(this, 'Function', {
      functionName,
      description: props.description,
      entry: join(ROOT, props.entry),
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      loggingFormat: lambda.LoggingFormat.JSON,
      logGroup: props.log,
      role,
      ...(props.network ? inNetwork(props.network) : {}),
      ...bundling(props.files ?? []),
    });
    // A function that starts before its role may write logs loses its first lines.
    this.function.node.addDependency(role);
  }

  /** By name: the function refers to its role, and a reference back would close a circle. */
  #arnOf(functionName: string): string {
    return Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /**
   * Lets the function's code use its keys for pseudonyms. The condition stands here because the policy of a key cannot
   * know it (Lambda developer guide, "Using source function ARN"), and not on LocalStack, which does not send it.
   */
  grantMac(keys: readonly kms.IKey[]): void {
    this.#grantUse('Pseudonyms', 'kms:GenerateMac', keys);
  }

  /** The same for the key of the recovery vault: its public half to seal, or `Decrypt` to open. */
  grantVault(action: 'kms:GetPublicKey' | 'kms:Decrypt', key: kms.IKey): void {
    this.#grantUse('Vault', action, [key]);
  }

  #grantUse(sid: string, action: string, keys: readonly kms.IKey[]): void {
    const resources = keys.map(({ keyArn }) => keyArn);
    const conditions = this.#isInNetwork ? this.#byItsCode : {};
    this.function.addToRolePolicy(new iam.PolicyStatement({ sid, actions: [action], resources, conditions }));
  }

  /** Lambda makes the network interfaces in the role's name; code that runs in the function may not. */
  #letIntoNetwork(role: iam.Role): void {
    const actions = [
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ];
    role.addToPolicy(new iam.PolicyStatement({ sid: 'Network', actions, resources: ['*'] }));
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'NetworkNotByCode',
        effect: iam.Effect.DENY,
        actions,
        resources: ['*'],
        conditions: this.#byItsCode,
      }),
    );
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Lambda needs these six actions to live in a VPC, and AWS offers no narrower resource for them; code that runs in the function is denied them.',
    });
  }
}

function inNetwork({ vpc, functions }: NonNullable<NodeFunctionProps['network']>) {
  return { vpc, vpcSubnets: { subnets: vpc.isolatedSubnets }, securityGroups: [functions] };
}

function bundling(files: string[]): nodejs.NodejsFunctionProps {
  return {
    projectRoot: ROOT,
    depsLockFilePath: join(ROOT, 'package-lock.json'),
    bundling: {
      format: nodejs.OutputFormat.ESM,
      mainFields: ['module', 'main'],
      target: 'node24',
      minify: true,
      sourceMap: true,
      sourcesContent: false,
      // Replaces CDK's list: the AWS clients go into the bundle, in the release that was tested.
      externalModules: ['pg-native'],
      // pg requires Node's modules by name, and an ES module has no `require` of its own.
      banner: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);',
      commandHooks: {
        beforeBundling: () => [],
        beforeInstall: () => [],
        afterBundling: (_, output) => files.map((folder) => `cp -R "${join(ROOT, folder)}" "${output}"`),
      },
    },
  };
}
