import { Aws, type aws_ec2 as ec2, aws_iam as iam, aws_kms as kms, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Everything that an administrator of a key needs, and none of its use. */
export const ADMINISTRATION = [
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

export interface HmacKeyProps {
  description: string;
  alias: string;
  /** Names of the only roles that may use it; by name because the roles come with a later stack. */
  users: readonly string[];
  /** The only network from which they may use it. */
  vpc: ec2.IVpc;
  removalPolicy: RemovalPolicy;
}

/**
 * A key of the pseudonyms. It never leaves KMS; whoever may call GenerateMac with root and layer can try out every ip
 * address, so the key's own policy names the roles that may, and the one network, whatever other policies of the account allow.
 */
export class HmacKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, { description, alias, users, vpc, removalPolicy }: HmacKeyProps) {
    super(scope, id);
    const account = new iam.AccountRootPrincipal();
    const roles = users.map((resourceName) =>
      Stack.of(this).formatArn({ service: 'iam', region: '', resource: 'role', resourceName }),
    );
    this.key = new kms.Key(this, 'Key', {
      description,
      alias,
      keySpec: kms.KeySpec.HMAC_256,
      keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC,
      // Can never be changed later. Without a replica it costs nothing, nobody can create one until the policy below allows
      // it, and a single-Region key would tie the pipeline to its region permanently.
      multiRegion: true,
      removalPolicy,
      policy: new iam.PolicyDocument({
        statements: [
          new iam.PolicyStatement({
            sid: 'Administration',
            principals: [account],
            actions: ADMINISTRATION,
            resources: ['*'],
          }),
          new iam.PolicyStatement({
            sid: 'Pseudonyms',
            principals: [account],
            actions: ['kms:GenerateMac'],
            resources: ['*'],
            conditions: {
              ArnEquals: { 'aws:PrincipalArn': roles },
              StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256', 'aws:SourceVpc': vpc.vpcId },
            },
          }),
        ],
      }),
    });
  }
}

/** LocalStack's name for the tag by which a key gets material of its own (base64 of 32 bytes). */
const MATERIAL_TAG = '_custom_key_material_';

/** For LocalStack, which forgets its keys when it stops: the same material after every start, so that rows still match. */
export class LocalHmacKey extends Construct {
  readonly key: kms.Key;

  /** @param material 32 bytes */
  constructor(scope: Construct, id: string, material: Buffer) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: `Pseudonyms of ${Aws.STACK_NAME}`,
      keySpec: kms.KeySpec.HMAC_256,
      keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Tags.of(this.key).add(MATERIAL_TAG, material.toString('base64'));
  }
}
