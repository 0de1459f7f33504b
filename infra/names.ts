import { Aws } from 'aws-cdk-lib';
import type { Stage } from './settings/settings.ts';

/** Database and login roles, as the migrations of lambda/store name them. */
export const DATABASE = {
  name: 'login_etl',
  owner: 'login_owner',
  writer: 'login_writer',
  maintainer: 'login_maintainer',
  analyst: 'login_analyst',
  rekeyer: 'login_rekeyer',
  adopter: 'login_adopter',
  eraser: 'login_eraser',
  recoverer: 'login_recoverer',
};

/** Names of the functions, which those of their roles and logs contain. */
export const COMMANDS = ['look', 'pseudonym', 'erase', 'rekey', 'adopt', 'recover'] as const;
export const FUNCTIONS = ['ingest', 'migrate', 'maintain', ...COMMANDS] as const;
export type FunctionName = (typeof FUNCTIONS)[number];
/** Functions that commands invoke. */
export type CommandName = (typeof COMMANDS)[number];

/** The stack with the functions of a stage. */
export function functionsStackOf(stage: Stage): string {
  return stage === 'localstack' ? 'login-etl-localstack' : nameOf(stage, 'stateless');
}

/** The output of that stack which names a command's function: `LookFunction`. */
export function commandOutput(name: CommandName): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Function`;
}

export function nameOf(stage: Stage, part: string): string {
  return `login-etl-${stage}-${part}`;
}

/** Roles belong to the account, so that the region is part of the name. */
export function roleNameOf(stage: Stage, part: string): string {
  return `${nameOf(stage, part)}-${Aws.REGION}`;
}
