import { type DatabaseConfig, parseDatabaseUrl, withPassword } from '../store/connection/database.ts';
import { createIamToken } from '../store/connection/iam-token.ts';
import { ENV, type Environment } from './environment.ts';

export const DATABASE_URL_MISSING = `${ENV.databaseUrl} is missing: set it to postgres://user:password@host:5432/database.`;

/**
 * Reads DATABASE_URL and DATABASE_LOGIN.
 *
 * @param problems gets a sentence for each problem, with no value in it; then there may be no database
 */
export function readDatabase(env: Environment, problems: string[]): DatabaseConfig | null {
  const login = env[ENV.databaseLogin] || 'password';
  if (login !== 'password' && login !== 'iam') problems.push(`${ENV.databaseLogin} must be password or iam.`);
  const url = env[ENV.databaseUrl];
  if (!url) {
    problems.push(DATABASE_URL_MISSING);
    return null;
  }
  const parsed = parseDatabaseUrl(url);
  if (!parsed.ok) {
    problems.push(`${ENV.databaseUrl} ${parsed.problem}.`);
    return null;
  }
  if (login !== 'iam') return { connectionString: url };
  const { user, host, password, sslmode } = parsed.parts;
  const refuse = (problem: string) =>
    problems.push(`${ENV.databaseUrl} ${problem}, since ${ENV.databaseLogin} is iam.`);
  if (!user) refuse('must name the user');
  if (!host) refuse('must name the host');
  if (password) refuse('must have no password');
  // A token is a password: it must not reach a server that only says it is the database.
  if (sslmode !== 'verify-full') refuse('must say sslmode=verify-full');
  return withPassword(parsed.parts, createIamToken(parsed.parts));
}
