import { pipeline, type Readable, Transform } from 'node:stream';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

export const FORMATS = ['csv', 'jsonl', 'json'] as const;

export interface Exporting {
  format: (typeof FORMATS)[number];
  /** YYYY-MM-DD; null for all days. */
  since: string | null;
  /** The rows of this user alone; null for all users. */
  user: string | null;
  /** Adds app_version_text. */
  versionText: boolean;
}

export interface Export {
  /** The rows as bytes; the client is busy until they have ended or were destroyed. */
  content: Readable;
  /** How many rows passed, once they have ended. */
  rows(): number;
}

/**
 * Makes the same table give the same bytes: the scan does not join another one half way, and one process reads. The
 * server notices within a second when its reader has gone.
 */
const SNAPSHOT = `
  begin isolation level repeatable read read only;
  set local synchronize_seqscans = off;
  set local max_parallel_workers_per_gather = 0;
  set local client_connection_check_interval = '1s'`;

/**
 * The text of JSON has no control characters, so CSV with two of them for quote and delimiter is the JSON itself; COPY's
 * own text format would double each backslash.
 */
const AS_IT_IS = `(format csv, quote e'\\x01', delimiter e'\\x02')`;

/** COPY takes no parameters, so the user's id is put where SQL can read it: it never becomes part of a statement. */
const SET_USER = `select set_config('login_etl.user', $1, true)`;
const OF_USER = `user_id = current_setting('login_etl.user')`;

/**
 * Begins a read-only snapshot and streams rows of it, in the order of the table.
 *
 * @param client as a role that may read `user_logins`; its transaction stays open
 * @param onRows told about how many more rows have passed
 * @returns null if there is no row of `user`
 */
export async function openExport(
  client: pg.ClientBase,
  exporting: Exporting,
  onRows: (count: number) => void = () => {},
): Promise<Export | null> {
  const { format, user } = exporting;
  await client.query(SNAPSHOT);
  const rows = selectRows(exporting);
  if (user !== null) {
    await client.query(SET_USER, [user]);
    if ((await client.query(`select exists (${rows}) as found`)).rows[0].found === false) return null;
  }
  const copy =
    format === 'csv'
      ? `copy (${rows}) to stdout (format csv, header)`
      : `copy (select row_to_json(login) from (${rows}) login) to stdout ${AS_IT_IS}`;
  const copied = client.query(copyTo(copy));
  const shaped = format === 'json' ? oneArray(onRows) : unchanged(onRows);
  // An error destroys both ends, so whoever reads the last one gets it.
  return { content: pipeline(copied, shaped, () => {}), rows: () => copied.rowCount };
}

function selectRows({ since, user, versionText }: Exporting): string {
  const version = versionText ? ', app_version_text(app_version)' : '';
  // A date by its form, which the command line checks.
  const conditions = [since === null ? [] : `create_date >= '${since}'`, user === null ? [] : OF_USER].flat();
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `select user_id, device_type, masked_ip, masked_device_id, locale, app_version${version}, create_date
          from user_logins${where}`;
}

/** @returns null if that takes more than a moment */
export async function estimateRows(
  client: pg.ClientBase,
  { since, user }: Pick<Exporting, 'since' | 'user'>,
): Promise<number | null> {
  if (since !== null || user !== null) return null;
  const { rows } = await client.query(
    `select reltuples::float8 as rows from pg_class where oid = 'user_logins'::regclass`,
  );
  return rows[0].rows > 0 ? rows[0].rows : null;
}

const LINE_FEED = 0x0a;

/** Counts line feeds, which is near enough for progress: text in CSV may hold some of its own. */
function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

function unchanged(onRows: (count: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onRows(countLines(chunk));
      done(null, chunk);
    },
  });
}

/** Lines of JSON as one array; a chunk may end within a line, and within a character. */
function oneArray(onRows: (count: number) => void): Transform {
  let before = '[\n';
  let isEmpty = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onRows(countLines(chunk));
      const endsLine = chunk.at(-1) === LINE_FEED;
      const text = chunk.toString('latin1', 0, chunk.length - (endsLine ? 1 : 0));
      const shaped = Buffer.from(before + text.replaceAll('\n', ',\n'), 'latin1');
      before = endsLine ? ',\n' : '';
      isEmpty = false;
      done(null, shaped);
    },
    flush: (done) => done(null, isEmpty ? '[]\n' : '\n]\n'),
  });
}
