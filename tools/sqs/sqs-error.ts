import type { HttpAnswer } from './connection.ts';

/** SQS refused a call. `name` is SQS's code for why; its message is left out, since it may quote what was sent. */
export class SqsError extends Error {
  readonly status: number;

  constructor(action: string, name: string, status: number) {
    super(`SQS refused ${action}: ${name}`);
    this.name = name;
    this.status = status;
  }
}

const NAME = /^[A-Za-z.]{1,100}$/;

/** @throws SqsError if the answer is a refusal, or not JSON */
export function readAnswer<Answer>(action: string, { status, text }: HttpAnswer): Answer {
  const answer = parse(text);
  if (status !== 200) throw new SqsError(action, nameOf(answer) ?? `HTTP ${status}`, status);
  if (answer === null) throw new SqsError(action, 'UnreadableAnswer', 500);
  return answer as Answer;
}

/** null for what is not from SQS, such as a proxy's page. The error is not kept: its message quotes the text. */
function parse(text: string): object | null {
  try {
    const answer: unknown = text === '' ? {} : JSON.parse(text);
    return typeof answer === 'object' ? answer : null;
  } catch {
    return null;
  }
}

/** From `com.amazonaws.sqs#QueueDoesNotExist`. */
function nameOf(answer: object | null): string | null {
  const type = answer && '__type' in answer ? answer.__type : null;
  const name = typeof type === 'string' ? type.slice(type.indexOf('#') + 1) : '';
  return NAME.test(name) ? name : null;
}

export type ErrorKind = 'THROTTLING' | 'TRANSIENT' | 'CLIENT_ERROR';

/** What the SDK's retry strategy decides by. */
export function kindOf(error: unknown): ErrorKind {
  if (!(error instanceof SqsError)) return (error as Error)?.name === 'AbortError' ? 'CLIENT_ERROR' : 'TRANSIENT';
  if (error.status === 429 || /throttl/i.test(error.name)) return 'THROTTLING';
  return error.status >= 500 ? 'TRANSIENT' : 'CLIENT_ERROR';
}
