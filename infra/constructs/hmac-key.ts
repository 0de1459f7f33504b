import { Aws, type aws_ec2 as ec2, aws_kms as kms, RemovalPolicy, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { keyPolicy } from './key-policy.ts';

export interface HmacKeyProps {
  description: string;
  alias: string;
  /** Names of the only roles that may use it; by name because the roles come with a later stack. */
  users: readonly string[];
  /** The only network from which they may use it. */
  vpc: ec2.IVpc;
  removalPolicy: RemovalPolicy;
  /** Nobody can use a disabled one until it is enabled again. */
  isEnabled?: boolean;
}

/**
 * A key of the pseudonyms. It never leaves KMS; whoever may call GenerateMac with root and layer can try out every ip
 * address, so the key's own policy names the roles that may, and the one network, whatever other policies of the account allow.
 */
export class HmacKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: HmacKeyProps) {
    super(scope, id);
    const { description, alias, users, vpc, removalPolicy, isEnabled = true } = props;
    this.key = new kms.Key(this, 'Key', {
      description,
      alias,
      enabled: isEnabled,
      keySpec: kms.KeySpec.HMAC_256,
      keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC,
      // Can never be changed later. Without a replica it costs nothing, nobody can create one until the policy below allows
      // it, and a single-Region key would tie the pipeline to its region permanently.
      multiRegion: true,
      removalPolicy,
      policy: keyPolicy(this, [
        {
          sid: 'Pseudonyms',
          action: 'kms:GenerateMac',
          roles: users,
          vpc,
          equals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' },
        },
      ]),
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
