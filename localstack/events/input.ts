import { formatCount } from '../../tools/cli/progress.ts';
import { UserError } from '../../tools/cli/user-error.ts';
import { canBeReadOnce, countEvents, readEvents } from './read-events.ts';
import { type SendOptions as SendOptionsOfFile, sendEvents } from './send-events.ts';

/** The place of an event; `path` is as it was given. */
export interface EventPlace {
  path: string;
  line: number;
}

/** Files of events. */
export interface Input {
  paths: readonly string[];
  /** How many there are; null if that is known only at the end. */
  total: number | null;
}

export interface SendOptions extends Omit<SendOptionsOfFile, 'onMessage'> {
  /** Called with each event and the id that the queue gave it. */
  onMessage?(messageId: string, place: EventPlace): void;
}

/** Reads each file that can be read twice to its end, so that a broken one is found before anything is sent. */
export async function openInput(paths: readonly string[]): Promise<Input> {
  return { paths, total: paths.some(canBeReadOnce) ? null : await countEvents(paths) };
}

/**
 * Sends every event, one file after another.
 *
 * @throws UserError if a file changed after it was counted
 */
export async function sendInput({ paths, total }: Input, options: SendOptions): Promise<void> {
  const { stop, onSent } = options;
  let sent = 0;
  const count = (events: number) => {
    sent += events;
    onSent(events);
  };
  for (const path of paths) {
    const onMessage = (id: string, line: number) => options.onMessage?.(id, { path, line });
    await sendEvents(readEvents(path, stop), { ...options, onSent: count, onMessage });
    if (stop.aborted) return;
  }
  if (total !== null && sent !== total) {
    throw new UserError(
      `The input changed while it was read: ${formatCount(total)} events were counted and ${formatCount(sent)} sent.`,
    );
  }
}
