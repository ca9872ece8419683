// The files that belong to the project: what git knows or would take; without git, all but what is built or installed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

const notOurs =
  /(^|\/)(node_modules|dist|\.build|\.git|__pycache__|\.venv|\.mypy_cache|\.ruff_cache|\.pytest_cache)(\/|$)/;

/** Text files of the tree; those with a NUL byte are not text. */
export function readTree(root: string): readonly SourceFile[] {
  return listPaths(root).flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    return bytes.includes(0) ? [] : [{ path, text: bytes.toString('utf8') }];
  });
}

/** Paths of all files of the tree, relative to the root, with `/`. */
export function listPaths(root: string): readonly string[] {
  const paths = existsSync(join(root, '.git')) ? fromGit(root) : undefined;
  return (paths ?? walk(root, '')).filter((path) => !notOurs.test(path)).sort();
}

function fromGit(root: string): readonly string[] | undefined {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // A file that was deleted and not yet staged is listed still.
    return listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return undefined;
  }
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (notOurs.test(path)) return [];
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}
