// Relative links of Markdown files lead somewhere, also to the heading that they name.
import { posix } from 'node:path';
import type { SourceFile } from './tree.ts';

/** @param paths all paths of the tree, binary files included. */
export function findBrokenLinks(files: readonly SourceFile[], paths: readonly string[]): readonly string[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const folders = new Set(paths.flatMap((path) => parents(path)));
  const exists = (path: string): boolean => texts.has(path) || paths.includes(path) || folders.has(path);
  return files.flatMap(({ path, text }) => {
    if (!path.endsWith('.md')) return [];
    return linksOf(text).flatMap(({ target, line }) => {
      const [name = '', heading] = target.split('#');
      const to = name === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(name)).replace(/\/$/, '');
      if (!exists(to)) return [`${path}:${String(line)}: there is no ${to}`];
      const isHeading =
        heading === undefined || !to.endsWith('.md') || headingsOf(texts.get(to) ?? '').includes(heading);
      return isHeading ? [] : [`${path}:${String(line)}: ${to} has no heading #${heading}`];
    });
  });
}

interface Link {
  readonly target: string;
  readonly line: number;
}

/** Links and pictures outside of code, without those that name a scheme. */
function linksOf(text: string): readonly Link[] {
  return withoutCode(text).flatMap((line, index) =>
    [...line.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
      .map(([, target = '']) => ({ target, line: index + 1 }))
      .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)),
  );
}

/** Lines with the content of code blocks and code spans blanked. */
function withoutCode(text: string): readonly string[] {
  let fenced = false;
  return text.split('\n').map((line) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    if (isFence) fenced = !fenced;
    return fenced || isFence ? '' : line.replace(/`[^`]*`/g, '');
  });
}

/** Anchors as GitHub makes them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

function parents(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return ['.', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}
