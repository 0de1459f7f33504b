import { createHandler } from './function.ts';

/** The Lambda entry: an SQS batch in, the messages that were not stored out. */
export const handler = createHandler(process.env);
