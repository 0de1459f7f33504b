import { UserError } from '../../tools/cli/user-error.ts';

/** One message body as it stands in the file, and the line it begins on. */
export interface EventText {
  body: string;
  line: number;
}

/** SQS's limit for one message. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Splits a JSON array into its elements or, if the text does not begin with `[`, JSON Lines into their values. Holds
 * one event at a time, whatever the file's size. The elements are JSON; whether they are login events is not asked.
 *
 * @param name of the file, for messages
 * @throws UserError with the line of what is not JSON
 */
export async function* splitEvents(chunks: AsyncIterable<string>, name: string): AsyncGenerator<EventText> {
  const text = withoutEmpty(chunks);
  let line = 1;
  for await (const chunk of text) {
    const start = chunk.search(/[^ \t\r\n]/);
    line += newlines(start < 0 ? chunk : chunk.slice(0, start));
    if (start < 0) continue;
    const rest = prepend(chunk.slice(start), text);
    yield* chunk[start] === '[' ? splitArray(rest, name, line) : splitLines(rest, name, line);
    return;
  }
}

async function* splitLines(chunks: AsyncIterable<string>, name: string, firstLine: number): AsyncGenerator<EventText> {
  let line = firstLine;
  let open = '';
  for await (const chunk of chunks) {
    const lines = (open + chunk).split('\n');
    open = lines.pop() ?? '';
    refuseIfTooLong(open, name, line + lines.length);
    for (const text of lines) {
      if (text.trim() !== '') yield checked(text, name, line);
      line++;
    }
  }
  if (open.trim() !== '') yield checked(open, name, line);
}

/** Finds where the elements end; whether one is valid JSON is left to JSON.parse. */
async function* splitArray(chunks: AsyncIterable<string>, name: string, firstLine: number): AsyncGenerator<EventText> {
  const position: Position = { depth: 0, inString: false, escaped: false, ended: false };
  let element = '';
  let isFirst = true;
  let line = firstLine;
  let elementLine = firstLine;
  for await (const chunk of chunks) {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const boundary = step(position, chunk[i] as string);
      if (boundary === 'stray')
        throw brokenFile(name, line, position.ended ? 'text after the array' : 'the array ends with }');
      if (boundary === 'newline') line++;
      if (boundary !== 'open' && boundary !== 'separator' && boundary !== 'close') continue;
      element += chunk.slice(from, i);
      const isEmptyArray = boundary === 'close' && isFirst && element.trim() === '';
      if (boundary !== 'open' && !isEmptyArray) {
        yield checked(element, name, elementLine);
        isFirst = false;
      }
      element = '';
      elementLine = line;
      from = i + 1;
    }
    if (!position.ended) element += chunk.slice(from);
    refuseIfTooLong(element, name, elementLine);
  }
  if (!position.ended) throw brokenFile(name, line, 'the file ends before the array does');
}

interface Position {
  /** 1 between the brackets of the array itself. */
  depth: number;
  inString: boolean;
  escaped: boolean;
  ended: boolean;
}

/** What a character is to the array: one of its own brackets or commas, text that may not stand there, or nothing. */
type Boundary = 'open' | 'separator' | 'close' | 'stray' | 'newline' | 'none';

function step(at: Position, char: string): Boundary {
  if (char === '\n') return 'newline';
  if (at.inString) {
    if (at.escaped) at.escaped = false;
    else if (char === '\\') at.escaped = true;
    else if (char === '"') at.inString = false;
    return 'none';
  }
  if (char === ' ' || char === '\t' || char === '\r') return 'none';
  if (at.ended) return 'stray';
  if (char === '"') at.inString = true;
  else if (char === ',' && at.depth === 1) return 'separator';
  else if (char === '[' || char === '{') return at.depth++ === 0 ? 'open' : 'none';
  else if ((char === ']' || char === '}') && --at.depth === 0) {
    at.ended = char === ']';
    return at.ended ? 'close' : 'stray';
  }
  return 'none';
}

function checked(text: string, name: string, line: number): EventText {
  const leading = text.length - text.trimStart().length;
  const start = line + newlines(text.slice(0, leading));
  const body = text.trim();
  try {
    JSON.parse(body);
  } catch (error) {
    // Only the position is taken from the message, which quotes the text.
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw brokenFile(name, start + newlines(body.slice(0, Number(position ?? 0))), 'this is not JSON');
  }
  refuseIfTooLong(body, name, start);
  return { body, line: start };
}

function refuseIfTooLong(text: string, name: string, line: number): void {
  if (text.length > MAX_BODY_BYTES / 3 && Buffer.byteLength(text.trim()) > MAX_BODY_BYTES) {
    const leading = text.slice(0, text.length - text.trimStart().length);
    throw brokenFile(name, line + newlines(leading), 'an event is larger than 1 MiB, which is the limit of SQS');
  }
}

function brokenFile(name: string, line: number, fault: string): UserError {
  return new UserError(
    `${name}, line ${line}: ${fault}. A file holds a JSON array of events, or one event per line. To make one: jq -c . FILE ` +
      `puts each object on one line, and jq -c '.Records[]' FILE each element of a list in an object.`,
  );
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}

async function* withoutEmpty(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) if (chunk !== '') yield chunk;
}

async function* prepend(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
