// Circles of imports between files, types included: each file can be read without knowing one that needs it.
import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import type { SourceFile } from './tree.ts';

/** @param files TypeScript files with paths relative to the root. @returns one line for each import that closes a circle. */
export function findFileCircles(files: readonly SourceFile[]): readonly string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const problems: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, above: readonly string[]): void => {
    const start = above.indexOf(path);
    if (start >= 0) {
      problems.push(`files import in a circle: ${[...above.slice(start), path].join(' -> ')}`);
      return;
    }
    const text = texts.get(path);
    if (text === undefined || done.has(path)) return;
    for (const { specifier } of importsOf(path, text)) {
      if (specifier.startsWith('.')) walk(posix.join(posix.dirname(path), specifier), [...above, path]);
    }
    done.add(path);
  };
  for (const path of texts.keys()) walk(path, []);
  return problems;
}
