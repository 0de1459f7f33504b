import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '../../lambda/settings/environment.ts';
import { Alarms } from '../constructs/alarms.ts';
import { CommandFunction } from '../constructs/command-function.ts';
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
    const { network, logs, rootKey, nextLayerKey } = stateful;
    const { cluster } = stateful.database;
    const common = (name: CommandName) => ({ stage: settings.stage, network, log: logs.of[name] });
    const look = new CommandFunction(this, 'look', {
      ...common('look'),
      environment: databaseEnvironment(cluster, DATABASE.analyst, cluster.clusterReadEndpoint),
      login: { cluster, role: DATABASE.analyst },
    });
    migration.executeBefore(look.function);
    new CommandFunction(this, 'pseudonym', {
      ...common('pseudonym'),
      environment: maskKeyEnvironment(settings, stateful),
      macKeys: [rootKey, ...layerKeys(stateful)],
    });
    const erase = new CommandFunction(this, 'erase', {
      ...common('erase'),
      environment: databaseEnvironment(cluster, DATABASE.eraser),
      login: { cluster, role: DATABASE.eraser },
    });
    migration.executeBefore(erase.function);
    this.#addRecover(settings, stateful, migration);
    this.#addAdopt(settings, stateful, migration);
    if (nextLayerKey === null) return;
    const rekey = new CommandFunction(this, 'rekey', {
      ...common('rekey'),
      environment: {
        ...databaseEnvironment(cluster, DATABASE.rekeyer),
        ...layerEnvironment(settings, stateful),
      },
      login: { cluster, role: DATABASE.rekeyer },
      macKeys: layerKeys(stateful),
    });
    migration.executeBefore(rekey.function);
  }

  #addAdopt(settings: AwsSettings, stateful: StatefulStack, migration: Migration): void {
    const { network, logs, rootKey } = stateful;
    const { cluster } = stateful.database;
    if (!settings.adopted) return;
    const adopt = new CommandFunction(this, 'adopt', {
      stage: settings.stage,
      network,
      log: logs.of.adopt,
      environment: { ...databaseEnvironment(cluster, DATABASE.adopter), ...maskKeyEnvironment(settings, stateful) },
      login: { cluster, role: DATABASE.adopter },
      macKeys: [rootKey, ...layerKeys(stateful)],
    });
    migration.executeBefore(adopt.function);
  }

  #addRecover({ stage }: AwsSettings, stateful: StatefulStack, migration: Migration): void {
    const { network, logs, vaultKey } = stateful;
    const { cluster } = stateful.database;
    if (vaultKey === null) return;
    const recover = new CommandFunction(this, 'recover', {
      stage,
      network,
      log: logs.of.recover,
      environment: { ...databaseEnvironment(cluster, DATABASE.recoverer), [ENV.vaultKmsKey]: vaultKey.keyArn },
      login: { cluster, role: DATABASE.recoverer },
      vaultKey,
    });
    migration.executeBefore(recover.function);
  }
}
