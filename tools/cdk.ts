import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { AWS_STAGES } from '../infra/settings/settings.ts';

const HELP = `Synthesizes or deploys the stacks of one stage by CDK.

  npm run synth -- --stage prod      templates into cdk.out, with all checks; needs no account
  npm run deploy -- --stage prod     both stacks, in their order, into the account of the usual AWS variables

The stages are in infra/settings/settings.ts: dev, prod. What else stands on the line goes to cdk, as in
  npm run deploy -- --stage prod --require-approval never

A first deployment into an account and region needs "npx cdk bootstrap" once.
`;

const STAGES = Object.keys(AWS_STAGES);

function main([verb = '', ...args]: string[]): number {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { stage: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return print(process.stdout, HELP, 0);
  const { stage } = values;
  if (typeof stage !== 'string' || !STAGES.includes(stage)) {
    return print(process.stderr, `Which stage: --stage ${STAGES.join(' or --stage ')}? --help tells more.\n`, 2);
  }
  const rest = withoutStage(args);
  const scope = verb === 'synth' ? ['--quiet'] : ['--all', ...approval(rest)];
  const command = [verb, ...scope, '--context', `stage=${stage}`, ...rest];
  return spawnSync('cdk', command, { stdio: 'inherit' }).status ?? 1;
}

/** On AWS cdk asks before anybody may do more than before; cdk.json says otherwise for the sake of LocalStack. */
function approval(args: readonly string[]): string[] {
  return args.some((arg) => arg.startsWith('--require-approval')) ? [] : ['--require-approval', 'broadening'];
}

function withoutStage(args: readonly string[]): string[] {
  return args.filter((arg, i) => arg !== '--stage' && args[i - 1] !== '--stage' && !arg.startsWith('--stage='));
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

process.exitCode = main(process.argv.slice(2));
