import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { addAwsPipeline, addLocalPipeline } from '../../infra/pipeline.ts';
import { AWS_STAGES, type AwsSettings, LOCALSTACK } from '../../infra/settings/settings.ts';
import type { LocalProps } from '../../infra/stacks/localstack-stack.ts';

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'cdk.json'), 'utf8'));

/** The output folder of all apps of a test file; CDK's own would never be removed. */
const FOLDER = mkdtempSync(join(tmpdir(), 'login-etl-cdk-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

export const PROD = AWS_STAGES.prod;

/** With the feature flags of cdk.json, which a `new App()` does not read; what esbuild makes is not looked at here. */
export function createApp(): App {
  return new App({ outdir: mkdtempSync(join(FOLDER, 'app-')), context: { ...context, 'aws:cdk:bundling-stacks': [] } });
}

export function awsTemplates(
  settings: AwsSettings = PROD,
  isProtected = true,
): { stateful: Template; stateless: Template } {
  const { stateful, stateless } = addAwsPipeline(createApp(), settings, isProtected);
  return { stateful: Template.fromStack(stateful), stateless: Template.fromStack(stateless) };
}

export const LOCAL_PROPS = {
  databaseUrl: 'postgres://postgres:postgres@postgres:5432/postgres',
  keyMaterial: { root: Buffer.alloc(32, 7), layer: Buffer.alloc(32, 8) },
};

export function localTemplate(settings = LOCALSTACK, props: LocalProps = LOCAL_PROPS): Template {
  return Template.fromStack(addLocalPipeline(createApp(), settings, props));
}

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
  Properties: any;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export function resources(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

/** The one resource of a type, or the one whose JSON contains `text`. */
export function resource(template: Template, type: string, text = ''): Resource {
  const found = resources(template, type).filter((candidate) => JSON.stringify(candidate).includes(text));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} contain "${text}", not one`);
  return found[0] as Resource;
}

/** How many there are of each type. */
export function inventory(template: Template): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(template.toJSON().Resources) as Resource[])
    counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
}

/** One line per permission: `allow sqs:ReceiveMessage on LoginQueue`, where a resource is called by the end of its name. */
export function permissions(policyDocument: { Statement: Statement[] }): string[] {
  return policyDocument.Statement.flatMap(({ Effect, Action, Resource, Condition }) =>
    [Action].flat().map((action) => {
      const condition = Condition ? ` if ${Object.keys(Condition).sort().join(', ')}` : '';
      return `${Effect.toLowerCase()} ${action} on ${[Resource].flat().map(shortName).join(', ')}${condition}`;
    }),
  ).sort();
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, unknown>;
}

const KNOWN = ['DeadLetterQueue', 'LoginQueue', 'MaskLayerKey', 'MaskKey', 'VaultKey', 'dbuser', 'Logs'];

function shortName(reference: unknown): string {
  const text = JSON.stringify(reference);
  const name = KNOWN.find((known) => text.includes(known));
  if (name === 'dbuser') return /\/(login_\w+)/.exec(text)?.[1] ?? text;
  return name ?? (typeof reference === 'string' ? reference : text);
}
