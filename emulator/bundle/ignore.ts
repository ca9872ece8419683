// Which files of a service folder are left out of its bundle: what every project leaves out, and `.slipwayignore`.
// The rules are those of gitignore, from one file in the top folder; README.md tells them.

export const ignoreName = '.slipwayignore';

/** Caches, checkouts and environments: large, machine-made and never part of a service. A `!` rule brings one back. */
export const builtInRules: readonly string[] = [
  '.git',
  '.hg/',
  '.svn/',
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '__pycache__/',
  '*.py[cod]',
  '.venv/',
  'venv/',
  '.tox/',
  '.nox/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.pytest_cache/',
  '.ipynb_checkpoints/',
  '*.egg-info/',
  'node_modules/',
  '.idea/',
  '.vscode/',
  '*.swp',
  '*~',
  `/${ignoreName}`,
];

/** @param path relative to the folder, with `/`; @param kind what is there. A folder that is ignored is not entered. */
export type Ignore = (path: string, kind: 'file' | 'folder') => boolean;

interface Rule {
  readonly pattern: RegExp;
  readonly negated: boolean;
  readonly foldersOnly: boolean;
}

/** @param text of `.slipwayignore`; empty when there is none. Its rules come after the built-in ones; the last match counts. */
export function createIgnore(text: string): Ignore {
  const lines = [...builtInRules, ...text.replace(/^\ufeff/, '').split(/\r?\n/)];
  const rules = lines.map(parseRule).filter((rule) => rule !== undefined);
  return (path, kind) => {
    let ignored = false;
    for (const rule of rules) {
      if (rule.negated !== ignored || (rule.foldersOnly && kind === 'file')) continue;
      if (rule.pattern.test(path)) ignored = !rule.negated;
    }
    return ignored;
  };
}

function parseRule(line: string): Rule | undefined {
  // Spaces at the end do not count, unless the last one is escaped.
  let glob = line.replace(/(?<!\\)\s+$/, '');
  if (glob === '' || glob.startsWith('#')) return undefined;
  const negated = glob.startsWith('!');
  if (negated) glob = glob.slice(1);
  const foldersOnly = glob.endsWith('/');
  if (foldersOnly) glob = glob.slice(0, -1);
  // A slash inside ties the rule to the top folder; without one it holds at any depth.
  const anchored = glob.includes('/');
  if (glob.startsWith('/')) glob = glob.slice(1);
  if (glob === '') return undefined;
  const pattern = new RegExp(`^${anchored ? '' : '(?:.*/)?'}${globSource(glob)}$`, 'su');
  return { pattern, negated, foldersOnly };
}

/** A glob as the source of a regular expression. `*` and `?` stay inside a name, `**` as a whole name crosses folders. */
function globSource(glob: string): string {
  const token = /\*\*\/|\/\*\*$|\*+|\?|\[[!^]?\]?[^\]/]*\]|\\.|[^]/gu;
  let source = '';
  for (const match of glob.matchAll(token)) {
    const [text] = match;
    const startsName = match.index === 0 || glob[match.index - 1] === '/';
    if (text === '**/') source += startsName ? '(?:.*/)?' : '[^/]*/';
    else if (text === '/**') source += '/.+';
    else if (text === '**' && startsName) source += '.*';
    else if (text.startsWith('*')) source += '[^/]*';
    else if (text === '?') source += '[^/]';
    else if (text.startsWith('[') && text.length > 2) source += classSource(text);
    else source += literal(text.startsWith('\\') && text.length > 1 ? text.slice(1) : text);
  }
  return source;
}

/** `[a-z]`, `[!a-z]`: never a slash. A range that is none matches nothing. */
function classSource(text: string): string {
  const negated = /^\[[!^]/.test(text);
  const inside = text.slice(negated ? 2 : 1, -1).replace(/[\\\][^&~|(){}/]/g, '\\$&');
  try {
    const source = `(?!/)[${negated ? '^' : ''}${inside}]`;
    new RegExp(source, 'u');
    return source;
  } catch {
    return '(?!)';
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
