import type { Template } from 'aws-cdk-lib/assertions';
import { ACCOUNT } from './iam.ts';
import type { Resource } from './stacks.ts';

export const REGION = 'eu-west-1';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
};

/** What a resource is called on AWS, by its logical id, if its name does not say. */
const ARNS: Readonly<Record<string, (id: string, properties: Resource['Properties']) => string>> = {
  'AWS::SNS::Topic': (_, { TopicName }) => `arn:aws:sns:${REGION}:${ACCOUNT}:${TopicName}`,
  'AWS::SQS::Queue': (_, { QueueName }) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueName}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
};

/**
 * What CloudFormation would make of a value's intrinsic functions.
 *
 * @param templates the one that holds the value, and those it imports from
 * @throws Error at a function that it does not know
 */
// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
export function resolve(value: unknown, ...templates: Template[]): any {
  const documents = templates.map((template) => template.toJSON());
  const found = Object.assign({}, ...documents.map(({ Resources }) => Resources)) as Record<string, Resource>;
  const outputs = Object.assign({}, ...documents.map(({ Outputs }) => Outputs ?? {})) as Record<string, Output>;
  const exported = (name: unknown) => Object.values(outputs).find(({ Export }) => Export?.Name === name);

  const arnOf = (id: string) => {
    const { Type = '', Properties } = found[id] ?? {};
    return ARNS[Type]?.(id, Properties) ?? `${Type}:${id}`;
  };
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    const [[name, argument] = ['', undefined], ...more] = Object.entries(node);
    if (more.length > 0 || !/^(Ref|Fn::.*)$/.test(name)) {
      return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, visit(part)]));
    }
    if (name === 'Ref') return PSEUDO[argument as string] ?? arnOf(argument as string);
    if (name === 'Fn::GetAtt') return arnOf((argument as [string])[0]);
    if (name === 'Fn::ImportValue') return visit(exported(argument)?.Value);
    if (name === 'Fn::GetStackOutput') return visit(outputs[(argument as { OutputName: string }).OutputName]?.Value);
    if (name === 'Fn::Join')
      return (visit((argument as [string, unknown[]])[1]) as string[]).join((argument as [string])[0]);
    throw new Error(`This resolver does not know ${name}.`);
  };
  return visit(value);
}

interface Output {
  Value: unknown;
  Export?: { Name: unknown };
}
