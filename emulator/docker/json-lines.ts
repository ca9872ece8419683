// A stream of JSON values, one a line, as the Engine sends progress and events. A line that is none is passed over.

/** More than any event or line of a build log has; a longer one is dropped. */
const maxLineChars = 1024 * 1024;

export async function* jsonLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of stream) {
    held += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = held.split('\n');
    held = lines.pop()!;
    if (held.length > maxLineChars) held = '';
    for (const line of lines) {
      const value = parse(line);
      if (value !== undefined) yield value;
    }
  }
  const last = parse(held);
  if (last !== undefined) yield last;
}

function parse(line: string): unknown {
  if (line.trim() === '') return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
