import { Aws, type aws_ec2 as ec2, aws_kms as kms, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { keyPolicy } from './key-policy.ts';

export interface VaultKeyProps {
  alias: string;
  /** Name of the one role that may have the public half, to seal. */
  sealer: string;
  /** Name of the one role that may open what is sealed. */
  opener: string;
  /** The only network from which they may do it. */
  vpc: ec2.IVpc;
  removalPolicy: RemovalPolicy;
}

/** As `lambda/masking/vault` seals. */
const KIND = { keySpec: kms.KeySpec.RSA_3072, keyUsage: kms.KeyUsage.ENCRYPT_DECRYPT };

/** The key of the recovery vault. Its private half never leaves KMS, and its own policy names the one role that may use it. */
export class VaultKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, { alias, sealer, opener, vpc, removalPolicy }: VaultKeyProps) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: 'Recovery vault; without it nothing that was sealed can be opened',
      alias,
      ...KIND,
      // As for the keys of the pseudonyms: it can never be changed later, and costs nothing without a replica.
      multiRegion: true,
      removalPolicy,
      policy: keyPolicy(this, [
        { sid: 'Seal', action: 'kms:GetPublicKey', roles: [sealer], vpc, equals: {} },
        {
          sid: 'Open',
          action: 'kms:Decrypt',
          roles: [opener],
          vpc,
          equals: { 'kms:EncryptionAlgorithm': 'RSAES_OAEP_SHA_256' },
        },
      ]),
    });
  }
}

/** For LocalStack, which forgets it when it stops: nobody opens what was sealed until then. */
export class LocalVaultKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const description = `Recovery vault of ${Aws.STACK_NAME}`;
    this.key = new kms.Key(this, 'Key', { description, ...KIND, removalPolicy: RemovalPolicy.DESTROY });
  }
}
