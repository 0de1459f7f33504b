import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { Alarms } from '../constructs/alarms.ts';
import { CommandFunction, type CommandFunctionProps } from '../constructs/command-function.ts';
import { Dashboard } from '../constructs/dashboard.ts';
import { databaseEnvironment } from '../constructs/database-access.ts';
import { Ingest } from '../constructs/ingest.ts';
import { KeyWatch } from '../constructs/key-watch.ts';
import { Maintenance } from '../constructs/maintenance.ts';
import { layerEnvironment, layerKeys, maskKeyEnvironment } from '../constructs/mask-key-environment.ts';
import { Migration } from '../constructs/migration.ts';
import { type CommandName, DATABASE, functionsStackOf, roleNameOf } from '../names.ts';
import type { AwsSettings } from '../settings/settings.ts';
import type { StatefulStack } from './stateful-stack.ts';

/** A release: what can be deployed again, rolled back or destroyed, and nothing is lost. */
export class StatelessStack extends Stack {
  constructor(scope: Construct, settings: AwsSettings, stateful: StatefulStack) {
    super(scope, functionsStackOf(settings.stage), {
      description: `login-etl ${settings.stage}: functions, event source, alarms and dashboard`,
    });
    const { network, database, queues, rootKey, layerKey, nextLayerKey, vaultKey, logs } = stateful;
    const { cluster } = database;
    const ingest = new Ingest(this, settings, {
      entry: 'lambda/handler.ts',
      queue: queues.queue,
      rootKey,
      layerKey,
      nextLayerKey,
      vaultKey,
      log: logs.of.ingest,
      database: databaseEnvironment(cluster, DATABASE.writer),
      network,
    });
    cluster.grantConnect(ingest.function, DATABASE.writer);
    const migration = new Migration(this, settings, { network, database, log: logs.of.migrate });
    migration.executeBefore(ingest.function, ingest.eventSource);
    const maintenance = new Maintenance(this, settings, { network, database, log: logs.of.maintain });
    // It may need a right that the migration gives.
    migration.executeBefore(maintenance.function);
    this.#addCommands(settings, stateful, migration);
    const watched = { queues, ingest: ingest.function, maintenance: maintenance.function, cluster };
    const alarms = new Alarms(this, settings, watched);
    new KeyWatch(this, settings, {
      keys: [rootKey, layerKey, nextLayerKey, vaultKey].filter((key) => key !== null),
      users: [roleNameOf(settings.stage, 'ingest')],
      topic: alarms.topic,
    });
    new Dashboard(this, settings, watched, alarms.all);
  }

  /** What commands invoke: each has at most one database role, and one of IAM. */
  #addCommands(settings: AwsSettings, stateful: StatefulStack, migration: Migration): void {
    const { network, logs, rootKey, nextLayerKey, vaultKey } = stateful;
    const { cluster } = stateful.database;
    const add = (name: CommandName, props: Omit<CommandFunctionProps, 'stage' | 'log' | 'network'>) => {
      const made = new CommandFunction(this, name, { stage: settings.stage, network, log: logs.of[name], ...props });
      if (props.login) migration.executeBefore(made.function);
    };
    const as = (role: string, endpoint = cluster.clusterEndpoint) => ({
      environment: databaseEnvironment(cluster, role, endpoint),
      login: { cluster, role },
    });
    const pseudonyms = maskKeyEnvironment(settings, stateful);
    const macKeys = [rootKey, ...layerKeys(stateful)];
    add('look', as(DATABASE.analyst, cluster.clusterReadEndpoint));
    add('pseudonym', { environment: pseudonyms, macKeys });
    add('erase', as(DATABASE.eraser));
    if (vaultKey) {
      const { environment, login } = as(DATABASE.recoverer);
      add('recover', { environment: { ...environment, [ENV.vaultKmsKey]: vaultKey.keyArn }, login, vaultKey });
    }
    if (settings.adopted) {
      const { environment, login } = as(DATABASE.adopter);
      add('adopt', { environment: { ...environment, ...pseudonyms }, login, macKeys });
    }
    if (nextLayerKey) {
      const { environment, login } = as(DATABASE.rekeyer);
      const layers = layerEnvironment(settings, stateful);
      add('rekey', { environment: { ...environment, ...layers }, login, macKeys: layerKeys(stateful) });
    }
  }
}
