import type { DeliveryReport } from '../../../tools/event-source/run-counts.ts';
import type { EventPlace } from '../../events/input.ts';

export interface RejectedEvent extends EventPlace {
  reason: string;
}

/** Finds out where in the input the rejected events are. */
export interface RejectedEvents {
  sent(messageId: string, place: EventPlace): void;
  delivered(deliveries: readonly DeliveryReport[]): void;
  /** Called when everything has been sent: from then on, any other message is not from the input. */
  allSent(): void;
  /** The rejected ones, file by file, and no more than the first few thousand. */
  list(): RejectedEvent[];
}

/** Nobody reads further; more would only fill the memory of a long run. */
const MOST = 10_000;

export function createRejectedEvents(): RejectedEvents {
  const unsettled = new Map<string, EventPlace>();
  const rejected = new Map<string, RejectedEvent>();
  /** Filled before the call that sends them: a message can be stored before that call is answered. */
  const early = new Map<string, DeliveryReport>();
  let isSending = true;

  function settle({ messageId, outcome }: DeliveryReport, place: EventPlace): void {
    unsettled.delete(messageId);
    if (outcome.kind !== 'rejected') rejected.delete(messageId);
    else if (rejected.size < MOST) rejected.set(messageId, { ...place, reason: outcome.reason });
  }

  return {
    sent(messageId, place) {
      const delivery = early.get(messageId);
      early.delete(messageId);
      if (delivery) settle(delivery, place);
      else unsettled.set(messageId, place);
    },
    delivered(deliveries) {
      for (const delivery of deliveries) {
        const { messageId, outcome } = delivery;
        if (outcome.kind === 'retry') continue;
        const place = unsettled.get(messageId) ?? rejected.get(messageId);
        if (place) settle(delivery, place);
        else if (isSending) early.set(messageId, delivery);
      }
    },
    allSent() {
      isSending = false;
      early.clear();
    },
    list() {
      const paths = [...new Set([...rejected.values()].map(({ path }) => path))];
      return paths.flatMap((path) =>
        [...rejected.values()].filter((event) => event.path === path).sort((a, b) => a.line - b.line),
      );
    },
  };
}
