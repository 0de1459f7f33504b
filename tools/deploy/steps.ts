import type { AwsSettings } from '../../infra/settings/settings.ts';
import type { Account } from './account.ts';
import { isFirstDeployment, stacksOf } from './findings.ts';

/** What infra/app.ts reads: the stack with the data is made without protection. */
const PROTECTION_LATER = ['--context', 'protection=later'];

/**
 * Runs of cdk, one after the other. A first deployment makes the stack with the data without protection, so that it can be
 * rolled back; what then follows is the same as ever, and switches the protection on before anything else.
 */
export function deploymentSteps(settings: AwsSettings, account: Account): string[][] {
  const all = ['deploy', '--all'];
  if (!settings.retained || !isFirstDeployment(settings, account)) return [all];
  return [['deploy', stacksOf(settings)[0], ...PROTECTION_LATER], all];
}
