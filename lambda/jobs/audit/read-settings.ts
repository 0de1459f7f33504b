import type { ClientBase } from 'pg';

/** Of the server, or set for a role or this database. */
export interface SettingFinding {
  name: string;
  value: string;
  /** For whom it is set; null: for the session that looked. */
  role: string | null;
}

export interface SettingFindings {
  findings: SettingFinding[];
  /** Not a finding, since no raw value is ever in a statement: refused statements reach the log. */
  logsRefusedStatements: boolean;
}

type Settings = ReadonlyMap<string, string>;

/** Settings by which user ids and pseudonyms reach the server's log, out of reach of an erasure. */
const PRINTS: Readonly<Record<string, (value: string, settings: Settings) => boolean>> = {
  log_statement: (value) => ['mod', 'all'].includes(value),
  log_min_duration_statement: (value, all) => isSet(value) && hasParameters(all),
  log_min_duration_sample: (value, all) =>
    isSet(value) && isAboveZero(all.get('log_statement_sample_rate')) && hasParameters(all),
  log_transaction_sample_rate: (value, all) => isAboveZero(value) && hasParameters(all),
  log_parameter_max_length_on_error: (value) => Number.parseFloat(value) !== 0,
  'auto_explain.log_min_duration': (value, all) =>
    isSet(value) && hasParameters(all, 'auto_explain.log_parameter_max_length'),
  'pgaudit.log_parameter': (value, all) => /^(on|true|yes|1)$/i.test(value) && all.get('pgaudit.log') !== 'none',
};

/** Further settings that the ones above depend on. */
const OTHERS = [
  'log_parameter_max_length',
  'log_statement_sample_rate',
  'auto_explain.log_parameter_max_length',
  'pgaudit.log',
  'log_min_error_statement',
];

/** Those of this session, and what is set for roles and for this database; a setting for all roles has no name. */
const SETTINGS = `
  select null as role, name, setting as value from pg_settings where name = any ($1)
  union all
  select coalesce(rolname::text, ''), split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1)
  from pg_db_role_setting cross join unnest(setconfig) as entry left join pg_roles on pg_roles.oid = setrole
  where setdatabase in (0, (select oid from pg_database where datname = current_database()))
    and split_part(entry, '=', 1) = any ($1)`;

export async function findSettings(client: ClientBase): Promise<SettingFindings> {
  const { rows } = await client.query<{ role: string | null; name: string; value: string }>(SETTINGS, [
    [...Object.keys(PRINTS), ...OTHERS],
  ]);
  const own = rows.filter(({ role }) => role === null);
  const settings = new Map(own.map(({ name, value }) => [name, value]));
  const findings = findingsIn(settings, null);
  for (const [role, entries] of Map.groupBy(rows, (row) => row.role)) {
    if (role === null) continue;
    const ofRole = new Map([...settings, ...entries.map(({ name, value }) => [name, value] as const)]);
    const seen = new Set(findings.map(keyOf));
    findings.push(...findingsIn(ofRole, role).filter((finding) => !seen.has(keyOf({ ...finding, role: null }))));
  }
  const level = settings.get('log_min_error_statement') ?? 'error';
  return { findings, logsRefusedStatements: !['log', 'fatal', 'panic'].includes(level) };
}

function findingsIn(settings: Settings, role: string | null): SettingFinding[] {
  return [...settings]
    .filter(([name, value]) => PRINTS[name]?.(value, settings))
    .map(([name, value]) => ({ name, value, role }));
}

function keyOf({ name, value, role }: SettingFinding): string {
  return [role ?? '', name, value].join(' ');
}

/** A duration; -1 is off. */
function isSet(value: string): boolean {
  return Number.parseFloat(value) >= 0;
}

function isAboveZero(value = '0'): boolean {
  return Number.parseFloat(value) > 0;
}

/** How much of each parameter is printed: -1 is all. A release that does not know the setting prints none. */
function hasParameters(settings: Settings, name = 'log_parameter_max_length'): boolean {
  return Number.parseFloat(settings.get(name) ?? '0') !== 0;
}
