/**
 * Whether AWS would let a call through, by the policies of synthesized templates (IAM user guide, "Policy evaluation
 * logic"). It knows what the policies of this project use and refuses everything else, so that nothing is overlooked.
 */

export const ACCOUNT = '111122223333';

export interface Call {
  action: string;
  resource: string;
  caller: Caller;
  /** Condition keys besides those that follow from the caller; TLS unless `aws:SecureTransport` says otherwise. */
  context?: Record<string, string>;
}

export type Caller = { service: string } | { arn: string };

export interface Policies {
  /** The policy of what is called. */
  resource: PolicyDocument;
  /** The caller's policies. */
  identity?: PolicyDocument[];
  /** A KMS key counts the caller's own policies only where its policy names the account. */
  isKey?: boolean;
}

/** With its intrinsic functions resolved. */
export interface PolicyDocument {
  Statement: Statement[];
}

interface Statement {
  Effect: 'Allow' | 'Deny';
  Principal?: '*' | { AWS?: string | string[]; Service?: string | string[] };
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** For an administrator: whatever the policy of a resource leaves to the account. */
export const EVERYTHING: PolicyDocument = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

export function isAllowed(call: Call, { resource, identity = [], isKey = false }: Policies): boolean {
  const own = identity.flatMap(({ Statement }) => Statement).filter((statement) => covers(statement, call));
  const theirs = resource.Statement.filter((one) => covers(one, call)).map((one) => ({ one, as: namedAs(one, call) }));
  const named = theirs.filter(({ as }) => as !== 'nobody');
  if ([...own, ...named.map(({ one }) => one)].some(({ Effect }) => Effect === 'Deny')) return false;
  if (named.some(({ as }) => as === 'caller')) return true;
  const ownPolicyCounts = named.length > 0 || (!isKey && accountOf(call.caller) === ACCOUNT);
  return ownPolicyCounts && own.length > 0;
}

function covers({ Action, Resource, Condition = {} }: Statement, call: Call): boolean {
  return (
    [Action].flat().some((pattern) => isLike(call.action.toLowerCase(), pattern.toLowerCase())) &&
    [Resource].flat().some((pattern) => isLike(call.resource, pattern)) &&
    Object.entries(Condition).every(([operator, keys]) => holds(operator, keys, contextOf(call)))
  );
}

/** A statement that names an account leaves the rest to that account's own policies. */
function namedAs({ Principal, Effect }: Statement, { caller }: Call): 'caller' | 'account' | 'nobody' {
  if (Principal === '*') return 'caller';
  const named = (kind: 'AWS' | 'Service') => [Principal?.[kind] ?? []].flat();
  if ('service' in caller) return named('Service').includes(caller.service) ? 'caller' : 'nobody';
  if (named('AWS').some((arn) => arn === '*' || arn === caller.arn)) return 'caller';
  const account = named('AWS').includes(`arn:aws:iam::${accountOf(caller)}:root`);
  return account ? (Effect === 'Deny' ? 'caller' : 'account') : 'nobody';
}

function contextOf({ caller, context }: Call): Record<string, string> {
  return {
    'aws:SecureTransport': 'true',
    ...('arn' in caller ? { 'aws:PrincipalArn': caller.arn, 'aws:PrincipalAccount': accountOf(caller) } : {}),
    ...context,
  };
}

function accountOf(caller: Caller): string {
  return 'arn' in caller ? (caller.arn.split(':')[4] ?? '') : '';
}

const OPERATORS: Readonly<Record<string, (value: string, expected: string) => boolean>> = {
  StringEquals: (value, expected) => value === expected,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
  Bool: (value, expected) => value === expected,
};

function holds(operator: string, keys: Record<string, string | string[]>, context: Record<string, string>): boolean {
  const compare = OPERATORS[operator];
  if (!compare) throw new Error(`This evaluator does not know the condition operator ${operator}.`);
  return Object.entries(keys).every(([key, expected]) => {
    const value = context[key];
    return value !== undefined && [expected].flat().some((one) => compare(value, one));
  });
}

function isLike(value: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(value);
}
