import { aws_ec2 as ec2, aws_iam as iam, aws_logs as logs, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { AwsSettings } from '../settings/settings.ts';

const POSTGRES = ec2.Port.tcp(5432);
const HTTPS = ec2.Port.tcp(443);

export interface Access {
  service: ec2.InterfaceVpcEndpointAwsService;
  /** Actions, and the ARNs on which each is let through. */
  actions: Readonly<Record<string, string[]>>;
}

/**
 * A network without a way out: subnets with no route but to each other, and endpoints for the few AWS services that the
 * functions call. Logs and polling need none, since Lambda itself does both.
 */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  /** The functions' own. It may reach the database and the endpoints, and nothing may reach it. */
  readonly functions: ec2.SecurityGroup;
  readonly database: ec2.SecurityGroup;
  readonly #endpoints: ec2.SecurityGroup;
  readonly #endpointZones: number;

  constructor(scope: Construct, { network, ingest }: AwsSettings) {
    super(scope, 'Network');
    this.#endpointZones = network.endpointZones;
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    }) as ec2.IVpc;
    this.vpc.addFlowLog('Rejected', {
      trafficType: ec2.FlowLogTrafficType.REJECT,
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new logs.LogGroup(this, 'FlowLog', {
          retention: ingest.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });
    this.functions = this.#group('Functions', 'Functions of the pipeline');
    this.database = this.#group('Database', 'Aurora');
    this.#endpoints = this.#group('Endpoints', 'Endpoints of AWS services');
    this.functions.connections.allowTo(this.database, POSTGRES, 'Postgres');
    this.functions.connections.allowTo(this.#endpoints, HTTPS, 'AWS services');
  }

  /** An endpoint lets through these actions on these resources, whatever the caller may do elsewhere. */
  allow(id: string, { service, actions }: Access): void {
    const endpoint = this.vpc.addInterfaceEndpoint(id, {
      service,
      open: false,
      securityGroups: [this.#endpoints],
      subnets: { subnets: this.vpc.isolatedSubnets.slice(0, this.#endpointZones) },
    });
    const principals = [new iam.AccountRootPrincipal()];
    for (const [action, resources] of Object.entries(actions)) {
      endpoint.addToPolicy(new iam.PolicyStatement({ principals, actions: [action], resources }));
    }
  }

  #group(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }
}
