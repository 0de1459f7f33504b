/** Control characters, those that change the direction of text, and lone surrogates: a terminal must not obey a message. */
const UNPRINTABLE = /[^\P{C}\n]/gu;

/** JSON with every invisible character escaped. */
export function toJson(value: unknown, indent?: number): string {
  return escaped(JSON.stringify(value, null, indent));
}

/** A text on one line. */
export function printable(text: string): string {
  return escaped(text).replaceAll('\n', '\\n');
}

function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
