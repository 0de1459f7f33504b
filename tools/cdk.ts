import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { AWS_STAGES, type AwsSettings } from '../infra/settings/settings.ts';
import { UserError } from './cli/user-error.ts';
import { deployToAws } from './deploy/deploy-to-aws.ts';

const HELP = `Synthesizes or deploys the stacks of one stage by CDK.

  npm run synth -- --stage prod             templates into cdk.out, with all checks; needs no account
  npm run deploy -- --stage prod            both stacks, in their order, into the account of the usual AWS variables
  npm run deploy -- --stage prod --check    only asks the account whether that can succeed, and changes nothing

The stages are in infra/settings/settings.ts: dev, prod. What else stands on the line goes to cdk, as in
  npm run deploy -- --stage prod --require-approval never

A first deployment into an account and region needs "npx cdk bootstrap" once.
`;

const STAGES: Readonly<Record<string, AwsSettings>> = AWS_STAGES;

async function main([verb = '', ...args]: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { stage: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return print(process.stdout, HELP, 0);
  const settings = STAGES[`${values.stage}`];
  if (!settings) {
    const stages = Object.keys(STAGES).join(' or --stage ');
    return print(process.stderr, `Which stage: --stage ${stages}? --help tells more.\n`, 2);
  }
  const more = ['--context', `stage=${settings.stage}`, ...ownArgs(args)];
  const cdk = (step: readonly string[]) => spawnSync('cdk', [...step, ...more], { stdio: 'inherit' }).status ?? 1;
  if (verb === 'synth') return cdk(['synth', '--quiet']);
  try {
    await deployToAws(settings, {
      onlyCheck: values.check === true,
      env: process.env,
      out: process.stdout,
      async runCdk(step) {
        if (cdk(step) !== 0) throw new UserError(`"cdk ${step.join(' ')}" failed; what it says is above.`);
      },
    });
    return 0;
  } catch (error) {
    if (error instanceof UserError) return print(process.stderr, `${error.message}\n`, error.exitCode);
    throw error;
  }
}

/** What is for cdk. */
function ownArgs(args: readonly string[]): string[] {
  return args.filter(
    (arg, i) => arg !== '--stage' && args[i - 1] !== '--stage' && !arg.startsWith('--stage=') && arg !== '--check',
  );
}

function print(stream: NodeJS.WritableStream, text: string, exitCode: number): number {
  stream.write(text);
  return exitCode;
}

process.exitCode = await main(process.argv.slice(2));
