// No source file over 400 lines: a longer one wants to be two.
import type { SourceFile } from './tree.ts';

const maxLines = 400;

export function findLongFiles(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    if (!/\.(ts|mjs|py)$/.test(path)) return [];
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    return lines > maxLines
      ? [`${path} has ${String(lines)} lines, at most ${String(maxLines)} are wanted: divide it`]
      : [];
  });
}
