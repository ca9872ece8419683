// Objects as YAML for people to read: block form, and every text that could be taken for something else in quotes.

export function toYaml(value: unknown): string {
  return `${block(value, 0)}\n`.replace(/^\n/, '');
}

export function toDocuments(objects: readonly object[]): string {
  return objects.map(toYaml).join('---\n');
}

function block(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return `\n${value.map((item) => `${indent}-${itemOf(item, depth)}`).join('\n')}`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    if (entries.length === 0) return ' {}';
    return `\n${entries.map(([name, one]) => `${indent}${keyOf(name)}:${block(one, depth + 1)}`).join('\n')}`;
  }
  return ` ${scalar(value)}`;
}

/** The first line of a nested object stands beside the dash. */
function itemOf(item: unknown, depth: number): string {
  const text = block(item, depth + 1);
  return text.startsWith('\n') ? ` ${text.slice(1).trimStart()}` : text;
}

function keyOf(name: string): string {
  return /^[A-Za-z$_][A-Za-z0-9_./$-]*$/.test(name) && !reserved.test(name) ? name : JSON.stringify(name);
}

const reserved = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const isPlain = /^[A-Za-z][A-Za-z0-9_./-]*$/.test(value) && !reserved.test(value);
  return isPlain ? value : JSON.stringify(value);
}
