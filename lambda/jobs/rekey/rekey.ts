import type { ClientBase } from 'pg';
import { JobError } from '../../errors.ts';
import type { KeyCheck } from '../../masking/masker.ts';
import type { MaskingState } from '../../masking/masking-state.ts';
import type { DatabaseConfig } from '../../store/connection/database.ts';
import { joinRowByRow } from '../../store/connection/join-row-by-row.ts';
import { areEnrolled } from '../../store/connection/key-check.ts';
import { withSession } from '../../store/connection/with-session.ts';
import { inTransaction } from '../../store/write/in-transaction.ts';
import { SELECT_STATE } from '../../store/write/mask-guard.ts';
import { countUnder, type HexRange, movePseudonyms, moveVault, type Rotation } from './move-pseudonyms.ts';

export interface RekeyOptions {
  rotation: Rotation;
  /** The check values of both layer keys. */
  checks: readonly KeyCheck[];
  /** Transactions that it takes: with more of them writers wait for a shorter time, and a kill costs less. */
  steps: 1 | 16 | 256;
  /** After a rotation: moves what a release that knew nothing of it has written since. */
  sweep: boolean;
  /** Called once with the number of pseudonyms to move, then with that of each chunk. */
  progress: {
    total(pseudonyms: number): void;
    moved(pseudonyms: number): void;
    /** A transaction is committed. */
    stepped?(): void;
  };
  stop: AbortSignal;
}

export interface RekeyResult {
  /** `not enrolled`: no function has written with the new key yet, so none could go on writing. */
  outcome: 'done' | 'not enrolled' | 'stopped';
  /** Pseudonyms; a row can have two. */
  moved: number;
  /** Pseudonyms that are still under the old key. */
  left: number;
}

/** Fewer than this are left for the last pass, during which no writer may write. */
const FEW_ROWS = 500;
const PASSES = 4;
/** Another one holds the row. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Replaces the layer key of all pseudonyms, beside writers: in every snapshot of the table each value has one pseudonym.
 * Wherever it is killed, the next run goes on there.
 *
 * @param database as login_rekeyer or the owner, not behind a pooler in transaction mode
 * @throws KeyMismatchError where a key is not the one of its id, JobError where this rotation cannot be made, with a
 *   sentence; and pg's error, which may quote a row
 */
export function rekey(database: string | DatabaseConfig, options: RekeyOptions): Promise<RekeyResult> {
  return withSession(database, {}, (client) => rekeyOn(client, options));
}

async function rekeyOn(client: ClientBase, options: RekeyOptions): Promise<RekeyResult> {
  const { rotation, checks, progress, stop } = options;
  const { from } = rotation;
  if (!(await areEnrolled(client, checks)))
    return { outcome: 'not enrolled', moved: 0, left: await countUnder(client, from.kid) };
  await joinRowByRow(client);
  const isOpen = await inStep(client, (state) => open(client, state, rotation));
  progress.total(await countUnder(client, from.kid));
  let moved = 0;
  const onChunk = (pseudonyms: number) => {
    stop.throwIfAborted();
    moved += pseudonyms;
    progress.moved(pseudonyms);
  };
  try {
    for (let goOn = isOpen; goOn; ) {
      stop.throwIfAborted();
      goOn = await inStep(client, (state) => step(client, state, { ...options, onChunk }));
      progress.stepped?.();
    }
    if (options.sweep && !isOpen) {
      await inStep(client, () => movePseudonyms(client, rotation, { low: '', high: null }, onChunk));
    }
  } catch (error) {
    if (!stop.aborted) throw error;
    return { outcome: 'stopped', moved, left: await countUnder(client, from.kid) };
  }
  return { outcome: 'done', moved, left: await countUnder(client, from.kid) };
}

/** Above read committed the last pass would not see what was written until it got the lock. */
function inStep<T>(client: ClientBase, work: (state: MaskingState) => Promise<T>): Promise<T> {
  const first = ['set transaction isolation level read committed'];
  return inTransaction(client, first, async () => work(await lockState(client)));
}

/** No advisory lock: anybody can hold one. */
async function lockState(client: ClientBase): Promise<MaskingState> {
  try {
    const { rows } = await client.query<MaskingState>(`${SELECT_STATE} for update nowait`);
    if (rows[0]) return rows[0];
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new JobError('Another rekey or erase is at work on this database. Wait for it to end, then run this again.');
  }
  throw new JobError('Nothing has been written to this database yet, so there is nothing to rekey: set MASK_KEY_ID.');
}

/** @returns false where all of it is done already */
async function open(client: ClientBase, state: MaskingState, { from, to }: Rotation): Promise<boolean> {
  if (state.kid === to.kid && state.nextKid === null) return false;
  if (state.kid !== from.kid) {
    throw new JobError(`The database is written under ${state.kid}, and MASK_KEY_ID says ${from.kid}.`);
  }
  if (state.nextKid !== null && state.nextKid !== to.kid) {
    throw new JobError(`A rotation to ${state.nextKid} is open: finish it with --to ${state.nextKid} first.`);
  }
  if (state.nextKid === null) {
    await lockOutWriters(client);
    await client.query('update mask_state set next_kid = $1', [to.kid]);
  }
  return true;
}

async function lockOutWriters(client: ClientBase): Promise<void> {
  await client.query('lock table mask_state in access exclusive mode');
}

interface StepOptions extends RekeyOptions {
  onChunk(pseudonyms: number): void;
}

/** One range: all but a few of its rows beside the writers, and those while none may write. @returns false after the last */
async function step(
  client: ClientBase,
  state: MaskingState,
  { rotation, steps, onChunk }: StepOptions,
): Promise<boolean> {
  if (state.nextKid === null) return false;
  const range: HexRange = { low: state.frontier, high: boundaryAfter(state.frontier, steps) };
  for (let pass = 1; pass <= PASSES; pass++) {
    if ((await movePseudonyms(client, rotation, range, onChunk)) < FEW_ROWS) break;
  }
  await lockOutWriters(client);
  await movePseudonyms(client, rotation, range, onChunk);
  await moveVault(client, rotation, range);
  await (range.high === null
    ? client.query("update mask_state set kid = next_kid, next_kid = null, frontier = ''")
    : client.query('update mask_state set frontier = $1', [range.high]));
  return range.high !== null;
}

/** @returns the first of the steps' boundaries that lies above; null for the end */
export function boundaryAfter(frontier: string, steps: number): string | null {
  const digits = Math.log2(steps) / 4;
  for (let i = 1; i < steps; i++) {
    const boundary = i.toString(16).padStart(digits, '0');
    if (boundary > frontier) return boundary;
  }
  return null;
}
