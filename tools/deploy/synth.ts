import { defineCommand } from '../cli/command.ts';
import { requiredChoice } from '../cli/values.ts';
import { CDK_OPTIONS, createCdk } from './cdk.ts';

export const command = defineCommand(
  (command) =>
    command
      .description('Writes the templates of one stage into cdk.out, with all checks. Needs no account.')
      .argument(...CDK_OPTIONS)
      .addOption(requiredChoice('--stage <name>', 'a stage of infra/settings/settings.ts', ['dev', 'prod'])),
  async ({ args: [more], options: { stage }, json, interrupt }) => {
    await createCdk({ stage, more, json, interrupt })(['synth', '--quiet']);
    return { json: { stage, templates: 'cdk.out' }, text: 'The templates are in cdk.out.\n' };
  },
);
