import { FIELD_NAMES, FIELDS, type Field } from '../../lambda/message/fields/fields.ts';

const BEGIN = '<!-- made by "npm run contract" -->\n';
const END = '<!-- up to here -->';

/** The text of lambda/README.md with its table of fields brought up to date. */
export function withContractTable(readme: string): string {
  const [before, rest = ''] = readme.split(BEGIN);
  const after = rest.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The README has no section between ${BEGIN} and ${END}`);
  return `${before}${BEGIN}${contractTable()}${END}${after}`;
}

function contractTable(): string {
  const lines = FIELD_NAMES.map((name) => row(name, FIELDS[name]));
  return `
| field | column | missing | null, \`''\` | text |
|---|---|---|---|---|
${lines.join('\n')}

`;
}

function row(name: string, field: Field): string {
  const type = field.limit === undefined ? field.type : `${field.type}(${field.limit})`;
  const column = `\`${field.column}\` ${type}${field.secret ? ', masked' : ''}`;
  const missing = field.rejects.includes('missing') ? '`missing`' : 'null';
  const problems = field.rejects.filter((problem) => problem === 'too_long' || problem === 'bad_text');
  const refused = problems.length > 0 ? `; else ${problems.map((problem) => `\`${problem}\``).join(', ')}` : '';
  return `| \`${name}\` | ${column} | ${missing} | ${field.contract.empty} | ${field.contract.text}${refused} |`;
}
