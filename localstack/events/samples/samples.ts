import { join } from 'node:path';

/** 100 made-up login events: 99 valid, one without a user_id. */
export const SAMPLE_EVENTS = join(import.meta.dirname, 'login-events.json');
