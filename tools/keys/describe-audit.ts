import { type AuditResult, countFindings } from '../../lambda/jobs/audit/audit.ts';
import type { FoundGrant, Membership } from '../../lambda/jobs/audit/read-grants.ts';
import type { SettingFinding } from '../../lambda/jobs/audit/read-settings.ts';
import type { KeysInUse, WrongValues } from '../../lambda/jobs/audit/read-values.ts';
import { byFrequency } from '../cli/counts.ts';
import { printable } from '../cli/printable.ts';
import { formatCount } from '../cli/progress.ts';

/** What an audit found, for people. */
export function describeAudit(result: AuditResult): string {
  const findings = sentencesOf(result);
  return [
    `${countOf(result.logins, 'row')}. ${keysLine(result.keys)}`,
    '',
    ...Object.entries(result.forms).map(([column, forms]) => `  ${column.padEnd(18)}${formsLine(forms)}`),
    '',
    findings.length === 0 ? 'Nothing was found that should not be there.' : `${countOf(findings.length, 'finding')}:`,
    ...findings.map((sentence) => `  ${sentence}`),
    ...section(
      'Where they are:',
      result.found.map(({ column, form, table, ctid }) => `${printable(table)} ${ctid}  ${printable(column)}: ${form}`),
    ),
    ...section('Not counted as findings:', notCounted(result)),
    '',
  ].join('\n');
}

/** The same in one line. */
export function auditLine(result: AuditResult): string {
  const findings = countFindings(result);
  if (findings > 0) return `${countOf(findings, 'finding')}: npx login-etl audit lists them`;
  return 'nothing but pseudonyms; no extra grant or log setting';
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)];
}

function keysLine({ kid, nextKid }: KeysInUse): string {
  if (kid === null) return 'No key is in use yet.';
  return nextKid === null ? `The key in use is ${kid}.` : `A rotation from ${kid} to ${nextKid} is open.`;
}

function formsLine(forms: Readonly<Record<string, number>>): string {
  const counts = byFrequency(forms).map(([form, count]) => `${form} ${formatCount(count)}`);
  return counts.length === 0 ? 'no values' : counts.join('   ');
}

function sentencesOf({ wrong, keys, access, settings }: AuditResult): string[] {
  return [
    ...wrong.map((values) => wrongValues(values, keys.kid)),
    ...access.grants.map(grant),
    ...access.memberships.map(({ member, role }) => `${printable(member)} has the rights of ${printable(role)}`),
    ...access.attributes.map(({ role, attribute }) => `${printable(role)} has the attribute ${attribute}`),
    ...settings.findings.map(setting),
  ];
}

const LOOKS_LIKE: Readonly<Record<string, string>> = {
  ipv4: 'like an IPv4 address',
  ipv6: 'like an IPv6 address',
  'nine digits': 'like a number of nine digits',
  uuid: 'like a UUID',
  'hex hash': 'like a hash in hex',
  'base64 hash': 'like a hash in base64',
};

/** @param kid of the key in use */
export function wrongValues({ column, form, why, values }: WrongValues, kid: string | null): string {
  const what = {
    'not a pseudonym': LOOKS_LIKE[form] ?? 'not a pseudonym',
    'unknown key': `under ${form}, a key that the database does not know`,
    'old key': `under ${form}, while ${kid} is in use`,
  };
  return `In ${printable(column)}, ${what[why]}: ${formatCount(values)}`;
}

function grant({ role, object, column, privilege, canPassOn }: FoundGrant): string {
  const who = role === 'public' ? 'Everybody' : printable(role);
  const what = column === null ? object : `${object} (${printable(column)})`;
  return `${who} may ${privilege} ${what}${canPassOn ? ', and grant it to others' : ''}`;
}

function setting({ name, value, role }: SettingFinding): string {
  const whose = role === null ? '' : ` for ${role === '' ? 'everybody' : printable(role)}`;
  return `${name} is ${printable(value)}${whose}: user ids and pseudonyms reach the log`;
}

function notCounted({ access, settings }: AuditResult): string[] {
  const { readers, members } = access;
  const membership = ({ member, role }: Membership) => `${printable(member)} has the rights of ${printable(role)}`;
  return [
    ...readers.map((role) => `${printable(role)} may read the logins`),
    ...members.map(membership),
    ...(settings.logsRefusedStatements ? ['Refused statements reach the log, without raw values'] : []),
  ];
}

function countOf(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
