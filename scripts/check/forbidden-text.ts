// Text that must not be committed: paths of one machine, hosts of one registry, marks of what is not finished, keys.
import type { SourceFile } from './tree.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly why: string;
  /** Files that the rule is for; absent: all. */
  readonly files?: RegExp;
}

const code = /\.(ts|mjs|js|py|json|sh|toml|cfg)$/;
// Patterns are put together from pieces, so that this file does not find itself.
const rules: readonly Rule[] = [
  {
    pattern: new RegExp(`(?<![A-Za-z0-9_./~$}-])/(?:${['work', 'root', 'farm'].join('|')})/`),
    why: 'a path of one machine',
  },
  {
    pattern: new RegExp(`(?<![A-Za-z0-9_./~$}-])/(?:${['home', 'Users'].join('|')})/[A-Za-z]`),
    why: 'a path of one machine',
  },
  { pattern: /[A-Z]:\\+Users\\+[A-Za-z]/, why: 'a path of one machine' },
  {
    pattern: /https?:\/\/[^\s"'`)]*(?:registry|npmjs|pypi|artifactory|pythonhosted)/i,
    why: 'the host of a package registry',
  },
  { pattern: /"resolved":\s*"https?:/, why: 'a registry in the lock file', files: /package-lock\.json$/ },
  {
    pattern: /^\s*(?:registry|(?:extra-)?index-url|_authToken)\s*=/im,
    why: 'a registry in settings',
    files: /(npmrc|\.conf|\.ini|\.toml)$/,
  },
  {
    pattern: new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`),
    why: 'a mark of what is not finished',
    files: code,
  },
  {
    pattern: new RegExp(`\\b(?:describe|it|context)\\.${'on' + 'ly'}\\(`),
    why: 'a test that hides the others',
    files: /\.test\.ts$/,
  },
  { pattern: new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${['K', 'EY'].join('')}-----`), why: 'a private key' },
];

export function findForbiddenText(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    rules.flatMap(({ pattern, why, files: only }) => {
      if (only !== undefined && !only.test(path)) return [];
      const found = pattern.exec(text);
      if (found === null) return [];
      const line = text.slice(0, found.index).split('\n').length;
      return [`${path}:${String(line)}: ${why}: ${found[0].trim()}`];
    }),
  );
}
