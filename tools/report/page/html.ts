import { visible } from './format.ts';

/** Markup that is safe to put into a page: written here, or escaped. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Part = Html | string | number | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Everything put into the template is text, unless it is Html itself: escaped, and without characters that nobody sees
 * or that turn the direction of what stands beside them.
 */
export function html(template: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(template.reduce((markup, text, i) => markup + toMarkup(parts[i - 1] ?? null) + text));
}

function toMarkup(part: Part): string {
  if (part === null || part === false) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(toMarkup).join('');
  return visible(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
