import { Aws } from 'aws-cdk-lib';
import type { Stage } from './settings/settings.ts';

/** Database and login roles, as the migrations of lambda/store name them. */
export const DATABASE = {
  name: 'login_etl',
  owner: 'login_owner',
  writer: 'login_writer',
  maintainer: 'login_maintainer',
};

/** Names of the functions, which those of their roles and logs contain. */
export const FUNCTIONS = ['ingest', 'migrate', 'maintain'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export function nameOf(stage: Stage, part: string): string {
  return `login-etl-${stage}-${part}`;
}

/** Roles belong to the account, so that the region is part of the name. */
export function roleNameOf(stage: Stage, part: string): string {
  return `${nameOf(stage, part)}-${Aws.REGION}`;
}
