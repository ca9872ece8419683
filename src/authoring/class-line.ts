// Where the inference class stands in a Python file. Nothing is run: the text alone is looked at, line by line.

export interface ClassLine {
  readonly name: string;
  /** From 0. */
  readonly line: number;
}

/** The class of this name; without one the first that has `execute`, or that is made from a `…Service`. */
export function findClassLine(text: string, wanted: string | undefined): ClassLine | undefined {
  const lines = text.split(/\r\n|\n|\r/);
  let current: ClassLine | undefined;
  let derived: ClassLine | undefined;
  for (const [line, content] of lines.entries()) {
    const match = /^class\s+([A-Za-z_]\w*)\s*(?:\(([^)]*)\))?\s*:/.exec(content);
    if (match !== null) {
      current = { name: match[1]!, line };
      if (wanted === current.name) return current;
      if (/\b\w*Service\b/.test(match[2] ?? '')) derived ??= current;
    } else if (/^\S/.test(content) && !content.startsWith('#') && !content.startsWith('@')) {
      current = undefined;
    }
    if (wanted === undefined && current !== undefined && /^\s+(?:async\s+)?def\s+execute\s*\(/.test(content))
      return current;
  }
  return wanted === undefined ? derived : undefined;
}
