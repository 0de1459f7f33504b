import { ConfigError, JobError, KeyMismatchError, safeError } from '../lambda/errors.ts';
import { classifyDatabaseError } from '../lambda/store/connection/classify-error.ts';

/** What to do, by how the code begins: the longest that fits. SQLSTATEs, and codes of the system. */
const ADVICE: readonly (readonly [start: string, sentence: string])[] = [
  ['28P01', 'The database refuses the password: correct DATABASE_URL.'],
  ['28', 'The database refuses this login: correct the role in DATABASE_URL, or let it in (pg_hba.conf).'],
  ['3D', 'The database does not exist: create it, or correct its name in DATABASE_URL.'],
  ['25006', 'The database is read-only, like a standby: use the server that takes writes.'],
  ['42501', 'The role in DATABASE_URL may not do this: use the owner, or grant it what the command needs.'],
  ['42', 'The schema of the database is not the one this release needs: run npx login-etl migrate.'],
  ['3F', 'The schema of the database is not the one this release needs: run npx login-etl migrate.'],
  ['53300', 'The database has no free connection: close some, or raise max_connections.'],
  ['53', 'The database has run out of disk, memory or another resource: its own log says which.'],
  ['57', 'The database is starting, stopping or has cut the statement off: try again in a moment.'],
  ['ECONNREFUSED', 'Nothing answers at the host and port in DATABASE_URL: start the database, or correct them.'],
  ['ENOTFOUND', 'The host in DATABASE_URL has no address: correct it.'],
  ['EAI_AGAIN', 'The host in DATABASE_URL cannot be looked up at the moment: try again, or correct it.'],
  [
    'ETIMEDOUT',
    'The database does not answer in time: correct host and port in DATABASE_URL, or let this machine through.',
  ],
];

/** One sentence on what went wrong and what to do, which quotes nothing that came from a message, a row or a driver. */
export function explainError(error: unknown): string {
  if (error instanceof ConfigError) return withPlaceOfKeys(error);
  const isOurs = [KeyMismatchError, JobError].some((type) => error instanceof type);
  if (isOurs) return (error as Error).message;
  return explainFileError(error) ?? explainDatabaseError(error) ?? safeError(error).stack ?? '';
}

/** Whoever makes a new key for a table that has rows can never join the two. */
function withPlaceOfKeys({ message, problems }: ConfigError): string {
  if (!problems.some((problem) => /^MASK_(LAYER_)?KEY is missing/.test(problem))) return message;
  return `${message} If there are rows already, use the keys that wrote them: npm start keeps its own in .login-etl/mask-key and .login-etl/mask-layer-key, and a stage has them in KMS.`;
}

/** @returns null for an error that is not about a file or folder */
function explainFileError(error: unknown): string | null {
  const { syscall, path, code } = (error ?? {}) as NodeJS.ErrnoException;
  if (!syscall || !path || syscall === 'connect') return null;
  return `${path} cannot be used (${code}): check that it exists, and that you may read and write it.`;
}

/** @returns null for an error that came neither from the database nor from the way to it */
export function explainDatabaseError(error: unknown): string | null {
  const code = classifyDatabaseError(error)?.code;
  if (code === undefined) return null;
  const advice = ADVICE.find(([start]) => code.startsWith(start))?.[1];
  return advice ? `${advice.slice(0, -1)} (${code}).` : `The database refused (${code}): its own log says more.`;
}
