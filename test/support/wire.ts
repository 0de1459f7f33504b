/** With it the data of a binary COPY begin. */
export const COPY_SIGNATURE = 'PGCOPY';

/** Where the data of a COPY begins in what a client sends; below 0 where there is none. */
export function copyDataStart(data: Buffer): number {
  return data.indexOf(COPY_SIGNATURE);
}

/** `COPY 10`, no error, and the sign that the server is in no transaction any more: then it has committed. */
export function isCommitOfCopy(data: Buffer): boolean {
  const messages: string[] = [];
  for (let at = 0; at + 5 <= data.length; at += 1 + data.readInt32BE(at + 1)) {
    // A piece of something else than messages.
    if (data.readInt32BE(at + 1) < 4) return false;
    messages.push(data.toString('latin1', at, at + 1) + data.toString('latin1', at + 5, at + 10));
  }
  return messages.at(-1) === 'ZI' && messages.includes('CCOPY ') && !messages.some((message) => message[0] === 'E');
}

/** Whether a piece of what SQS answers is of a receive, and not an empty one. */
export function hasMessages(data: Buffer): boolean {
  return data.includes('ReceiptHandle');
}
