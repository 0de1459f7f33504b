import { nameOf } from '../../infra/names.ts';
import type { AwsSettings } from '../../infra/settings/settings.ts';
import type { Account, Lookup, StackState } from './account.ts';
import { isYetToBeMade, obstacle } from './stack-state.ts';

export interface Finding {
  /** A warning lets the deployment go on, a problem does not. */
  kind: 'ok' | 'warning' | 'problem' | 'not checked';
  sentence: string;
}

/** The oldest that CDK's default templates accept. */
const BOOTSTRAP_VERSION = 6;
/** Migration and maintenance, which run beside the batches. */
const JOBS = 2;

/** Names of the stacks of a stage, the one with the data first. */
export function stacksOf({ stage }: Pick<AwsSettings, 'stage'>): readonly [stateful: string, stateless: string] {
  return [nameOf(stage, 'stateful'), nameOf(stage, 'stateless')];
}

/** Whether the next deployment creates the stack with the data. If that is unknown it counts as existing, and stays protected. */
export function isFirstDeployment(settings: AwsSettings, { stacks }: Account): boolean {
  const state = stacks[stacksOf(settings)[0]];
  return state !== undefined && 'known' in state && isYetToBeMade(state.known);
}

/** One sentence for each thing that a deployment depends on, as far as it can be checked without changing anything. */
export function findings(settings: AwsSettings, account: Account): Finding[] {
  const access = accessFindings(account);
  if (access.some(({ kind }) => kind === 'problem')) return access;
  return [
    ...access,
    judge("CDK's bootstrap stack", account.bootstrapVersion, (version) => bootstrapFinding(version, account)),
    judge('the service-linked role of RDS', account.hasRdsRole, rdsRoleFinding),
    judge("Lambda's concurrency", account.concurrency, (limit) => concurrencyFinding(limit, settings)),
    ...Object.entries(account.stacks).map(([name, state]) =>
      judge(`the stack ${name}`, state, (known) => stackFinding(name, known)),
    ),
    ...(isFirstDeployment(settings, account) ? [PLAN] : []),
  ];
}

const PLAN: Finding = {
  kind: 'not checked',
  sentence: 'whether the account has a paid plan: one with a free plan refuses Aurora clusters.',
};

function judge<T>(what: string, answer: Lookup<T>, finding: (known: T) => Finding): Finding {
  return 'known' in answer
    ? finding(answer.known)
    : { kind: 'not checked', sentence: `${what}: the endpoint answered ${answer.unknown}.` };
}

const NO_CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch)/;

function accessFindings({ id, region }: Account): Finding[] {
  const all: Finding[] = [];
  if ('unknown' in region) {
    all.push({ kind: 'problem', sentence: 'No region: set AWS_REGION, or choose one in your AWS profile.' });
  }
  if ('unknown' in id && NO_CREDENTIALS.test(id.unknown)) {
    const sentence = `No working AWS credentials (${id.unknown}): sign in ("aws sso login"), or set AWS_PROFILE.`;
    all.push({ kind: 'problem', sentence });
  }
  if (all.length > 0) return all;
  return [judge('the account', id, (known) => ok(`Account ${known}, region ${knownOr(region, '')}.`))];
}

function bootstrapFinding(version: number | null, { id, region }: Account): Finding {
  if (version !== null && version >= BOOTSTRAP_VERSION) return ok(`CDK is set up here (bootstrap version ${version}).`);
  const place = `aws://${knownOr(id, 'ACCOUNT')}/${knownOr(region, 'REGION')}`;
  const state = version === null ? 'is not set up' : `is set up in too old a version (${version})`;
  return { kind: 'problem', sentence: `CDK ${state} in this account and region: run "npx cdk bootstrap ${place}".` };
}

function rdsRoleFinding(hasRole: boolean): Finding {
  if (hasRole) return ok('The service-linked role of RDS exists.');
  return {
    kind: 'warning',
    sentence:
      'The service-linked role of RDS does not exist yet, and a first cluster can fail while AWS makes it: run ' +
      '"aws iam create-service-linked-role --aws-service-name rds.amazonaws.com".',
  };
}

function concurrencyFinding(limit: number, { stage, ingest }: AwsSettings): Finding {
  const needed = ingest.maxConcurrency + JOBS;
  const limited = `Lambda runs at most ${limit} functions at once in this account and region, and ${stage} needs up to ${needed}`;
  if (needed <= limit) return ok(`${limited}.`);
  return {
    kind: 'warning',
    sentence:
      `${limited}: have "Concurrent executions" (L-B99A9384) raised under Service Quotas, or lower ` +
      `ingest.maxConcurrency to ${Math.max(2, limit - JOBS)} or less.`,
  };
}

function stackFinding(name: string, state: StackState | null): Finding {
  const problem = obstacle(name, state);
  if (problem) return { kind: 'problem', sentence: problem };
  if (state === null) return ok(`${name} does not exist yet.`);
  if (isYetToBeMade(state))
    return ok(`${name} will be created again, because its creation did not succeed (${state.status}).`);
  return ok(`${name} exists (${state.status}).`);
}

function ok(sentence: string): Finding {
  return { kind: 'ok', sentence };
}

function knownOr(answer: Lookup<string>, otherwise: string): string {
  return 'known' in answer ? answer.known : otherwise;
}
