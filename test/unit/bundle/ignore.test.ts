// Tests of emulator/bundle/ignore.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createIgnore } from '../../../emulator/bundle/ignore.ts';

/** Paths that the rules leave out, as a walk would find it: a trailing slash marks a folder. */
function left(rules: string, paths: readonly string[]): string[] {
  const ignore = createIgnore(rules);
  return paths.filter((path) => {
    const parts = path.split('/').filter((part) => part !== '');
    return parts.some((_, index) => {
      const kind = index < parts.length - 1 || path.endsWith('/') ? 'folder' : 'file';
      return ignore(parts.slice(0, index + 1).join('/'), kind);
    });
  });
}

describe('ignore rules', () => {
  const cases: readonly [what: string, rules: string, out: readonly string[], kept: readonly string[]][] = [
    ['a name holds at any depth', 'data', ['data', 'a/data', 'data/x', 'a/b/data/x'], ['datas', 'a/mydata']],
    ['a slash in front ties to the top', '/data', ['data', 'data/x'], ['a/data']],
    ['a slash inside ties to the top', 'a/data', ['a/data', 'a/data/x'], ['b/a/data']],
    ['a slash at the end means folders', 'data/', ['data/x', 'a/data/x'], ['data', 'a/data']],
    ['a star stays inside a name', '/*.txt', ['a.txt', '.txt'], ['a/b.txt', 'a.txtx']],
    ['a question mark is one character', 'a?.py', ['ab.py', 'x/ab.py', 'aé.py'], ['a.py', 'abc.py']],
    ['a class is one of its characters', 'a[0-9x].py', ['a1.py', 'ax.py'], ['ay.py', 'a12.py']],
    ['a class may be negated and holds no slash', 'a[!0-9]b', ['axb'], ['a1b', 'a/b']],
    ['two stars cross folders', 'a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'c/a/b']],
    ['two stars in front', '**/b/c', ['b/c', 'a/b/c'], ['a/b']],
    ['two stars at the end', 'a/**', ['a/x', 'a/x/y'], ['a']],
    ['the last match counts', '*.bin\n!keep.bin', ['a.bin', 'x/a.bin'], ['keep.bin', 'x/keep.bin']],
    ['what lies in an ignored folder does not come back', 'a/\n!a/keep', ['a/keep'], []],
    ['comments, empty lines and spaces at the end do not count', '# data\n\ndata  \n', ['data'], ['# data']],
    ['a backslash takes the meaning away', '\\#x\n\\!y\na\\*b\nend\\ ', ['#x', '!y', 'a*b', 'end '], ['axb', 'end']],
    [
      'characters of regular expressions mean themselves',
      'a.b\n(x)+\n{y}|z\n^$',
      ['a.b', '(x)+', '{y}|z', '^$'],
      ['aXb', 'x', 'z'],
    ],
    ['an unclosed class means itself', 'a[b', ['a[b'], ['ab']],
    ['a class out of order matches nothing', 'a[z-a]', [], ['az', 'aa', 'a[z-a]']],
    ['line ends of Windows', 'data\r\nlogs\r\n', ['data', 'logs'], []],
  ];
  for (const [what, rules, out, kept] of cases) {
    it(what, () => assert.deepEqual(left(rules, [...out, ...kept]), out));
  }

  it('leave out what every project leaves out, unless it is brought back', () => {
    const usual = [
      '.git/config',
      '.git',
      'a/__pycache__/x',
      'a.pyc',
      '.venv/bin/python',
      'node_modules/x/y',
      '.DS_Store',
    ];
    const more = ['.ipynb_checkpoints/a', '.mypy_cache/a', '.slipwayignore', 'venv/x'];
    assert.deepEqual(left('', [...usual, ...more]), [...usual, ...more]);
    assert.deepEqual(left('!venv/\n!*.pyc', ['venv/x', 'a.pyc', 'slipway.json', '.gitignore', 'a/.slipwayignore']), []);
  });
});
