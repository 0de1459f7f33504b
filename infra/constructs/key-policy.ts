import { type aws_ec2 as ec2, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Everything that an administrator of a key needs, except using it. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyPolicy',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

export interface KeyUse {
  sid: string;
  action: string;
  /** Names of the only roles that may do it; by name because the roles come with a later stack. */
  roles: readonly string[];
  /** The only network from which they may do it. */
  vpc: ec2.IVpc;
  /** Further conditions on the call. */
  equals: Readonly<Record<string, string>>;
}

/**
 * Lets each use of a key be made by the roles that are named and from the one network, whatever other policies of the account
 * allow, and lets the account administer the key without using it.
 */
export function keyPolicy(scope: Construct, uses: readonly KeyUse[]): iam.PolicyDocument {
  const principals = [new iam.AccountRootPrincipal()];
  const arnOf = (resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName });
  return new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({ sid: 'Administration', principals, actions: ADMINISTRATION, resources: ['*'] }),
      ...uses.map(
        ({ sid, action, roles, vpc, equals }) =>
          new iam.PolicyStatement({
            sid,
            principals,
            actions: [action],
            resources: ['*'],
            conditions: {
              ArnEquals: { 'aws:PrincipalArn': roles.map(arnOf) },
              StringEquals: { ...equals, 'aws:SourceVpc': vpc.vpcId },
            },
          }),
      ),
    ],
  });
}
