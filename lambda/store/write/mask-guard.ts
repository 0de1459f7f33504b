import type { ClientBase } from 'pg';
import { unknownLayer } from '../../errors.ts';
import { KEY_ID } from '../../masking/masker.ts';
import type { MaskingState } from '../../masking/masking-state.ts';

/** Gives a MaskingState. */
// Stryker disable next-line StringLiteral: only a database can tell
export const SELECT_STATE = 'select kid, next_kid as "nextKid", frontier, generation::text from mask_state';

/** SQLSTATE with which `mask_guard` refuses a write that was masked under another state. */
const STATE_CHANGED = 'LE001';
const FRONTIER = /^[0-9a-f]{0,32}$/;
const GENERATION = /^[0-9]{1,19}$/;

/**
 * Statements that go first in a transaction that writes rows, so that it fails where they were masked under another state.
 * In a simple query there are no parameters. Above read committed the guard would read the state of before its lock, and
 * let through what it is there to stop. Not as a select, whose row nobody would take.
 */
export function maskGuard({ kid, nextKid, frontier, generation }: MaskingState): string[] {
  const isSafe =
    KEY_ID.test(kid) &&
    (nextKid === null || KEY_ID.test(nextKid)) &&
    FRONTIER.test(frontier) &&
    GENERATION.test(generation);
  if (!isSafe) throw new RangeError('the masking state is not one');
  const next = nextKid === null ? 'null' : `'${nextKid}'`;
  return [
    'set transaction isolation level read committed',
    `do $$ begin perform mask_guard('${kid}', ${next}, '${frontier}', ${generation}); end $$`,
  ];
}

export function isStateChange(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === STATE_CHANGED;
}

// Stryker disable all: the rest needs a database, and the tests that a mutant meets have none
/**
 * Reads the state; where there is none yet, the first writer's own key begins it.
 *
 * @param kids of the layer keys there are, the one in use first
 * @throws KeyMismatchError where the database is written under none of them; while a rotation is open, an outage
 */
export async function readMaskingState(client: ClientBase, kids: readonly string[]): Promise<MaskingState> {
  const state = (await selectState(client)) ?? (await beginState(client, kids[0] as string));
  if (kids.includes(state.kid) && (state.nextKid === null || kids.includes(state.nextKid))) return state;
  if (state.nextKid === null) throw unknownLayer(state.kid, kids);
  // The function that has both keys is being deployed, or has been, and this is the one before.
  throw Object.assign(new Error('a rotation is open, and a layer key of it is missing'), {
    code: STATE_CHANGED,
    severity: 'ERROR',
  });
}

async function beginState(client: ClientBase, kid: string): Promise<MaskingState> {
  // If two writers begin at once, one wins and both then read what it wrote.
  await client.query('insert into mask_state (kid) values ($1) on conflict do nothing', [kid]);
  return (await selectState(client)) as MaskingState;
}

async function selectState(client: ClientBase): Promise<MaskingState | undefined> {
  const { rows } = await client.query<MaskingState>(SELECT_STATE);
  return rows[0];
}
