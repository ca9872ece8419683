// A page of Markdown from texts: what came from outside is text in it, never markup. Pure.

export function page(title: string, parts: readonly string[]): string {
  return [`# ${escape(title)}`, ...parts.filter((part) => part !== '')].join('\n\n') + '\n';
}

/** Empty where there are no rows; a first row of labels is of no use to a table of labels and values. */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  if (rows.length === 0) return '';
  const width = head?.length ?? rows[0]!.length;
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head ?? Array<string>(width).fill('')), `|${'---|'.repeat(width)}`, ...rows.map(line)].join('\n');
}

export function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~&-]/g, '\\$&').replace(/\s+/g, ' ');
}
