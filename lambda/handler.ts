import { createHandler } from './create-handler.ts';

/** The Lambda entry: an SQS batch in, the messages that were not stored out. */
export const handler = createHandler(process.env);
