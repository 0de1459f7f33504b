import type { AwsSettings } from '../../infra/settings/settings.ts';
import type { Account } from './account.ts';
import { isFirstDeployment, stacksOf } from './findings.ts';

/** Read by infra/app.ts: the stack with the data is created without protection. */
const PROTECTION_LATER = ['--context', 'protection=later'];

/**
 * Arguments of the cdk runs, in order. A first deployment creates the stack with the data without protection, so that it can
 * be rolled back. The second run is the same as in every later deployment, and turns protection on before anything else.
 */
export function deploymentSteps(settings: AwsSettings, account: Account): string[][] {
  const all = ['deploy', '--all'];
  if (!settings.retained || !isFirstDeployment(settings, account)) return [all];
  return [['deploy', stacksOf(settings)[0], ...PROTECTION_LATER], all];
}
