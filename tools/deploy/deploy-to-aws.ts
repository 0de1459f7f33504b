import type { AwsSettings } from '../../infra/settings/settings.ts';
import type { Environment } from '../../lambda/settings/environment.ts';
import { UserError } from '../cli/user-error.ts';
import { askAccount } from './account.ts';
import { type Finding, findings, stacksOf } from './findings.ts';
import { deploymentSteps } from './steps.ts';

export interface DeployOptions {
  /** Only asks the account, and changes nothing. */
  onlyCheck: boolean;
  env: Environment;
  /** For people. */
  out: NodeJS.WritableStream;
  /** Runs cdk with these arguments, and throws if it fails. */
  runCdk(args: readonly string[]): Promise<void>;
}

/**
 * Asks the account for what the deployment needs, then deploys both stacks of a stage.
 *
 * @returns what the account says
 * @throws UserError if the account rules out a deployment; nothing was changed then
 */
export async function deployToAws(settings: AwsSettings, options: DeployOptions): Promise<Finding[]> {
  const account = await askAccount(stacksOf(settings), options.env);
  const found = findings(settings, account);
  for (const finding of found) options.out.write(`${line(finding)}\n`);
  if (found.some(({ kind }) => kind === 'problem')) {
    throw new UserError(`The stage ${settings.stage} cannot be deployed yet: see above. Nothing was changed.`);
  }
  if (options.onlyCheck) return found;
  const steps = deploymentSteps(settings, account);
  if (steps.length > 1) options.out.write(FIRST);
  for (const step of steps) await options.runCdk(step);
  return found;
}

const FIRST =
  '\nFirst deployment: the stack that holds the data is created unprotected, so that a failure can be rolled back. The cdk ' +
  'run after it turns protection on.\n';

const LABEL_WIDTH = 'not checked: '.length;

function line({ kind, sentence }: Finding): string {
  return `${`${kind}:`.padEnd(LABEL_WIDTH)}${sentence}`;
}
