// The checks that read text: lengths, forbidden text, links of documents.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findBrokenLinks } from '../../../scripts/check/doc-links.ts';
import { findLongFiles } from '../../../scripts/check/file-lengths.ts';
import { findForbiddenText } from '../../../scripts/check/forbidden-text.ts';

// Put together from pieces, so that the check of the tree does not find this file.
const join = (...pieces: readonly string[]): string => pieces.join('');

describe('file lengths', () => {
  it('accept 400 lines and name a file with one more', () => {
    const lines = (count: number): string => 'x\n'.repeat(count);
    assert.deepEqual(findLongFiles([{ path: 'a.ts', text: lines(400) }]), []);
    assert.match(findLongFiles([{ path: 'a.py', text: lines(401) }])[0] ?? '', /a\.py has 401 lines/);
    assert.deepEqual(findLongFiles([{ path: 'a.json', text: lines(999) }]), []);
  });
});

describe('forbidden text', () => {
  const find = (text: string, path = 'a.ts'): readonly string[] => findForbiddenText([{ path, text }]);

  it('names paths of one machine with their line', () => {
    assert.match(find(join('x\nread("/wo', 'rk/main/a")'))[0] ?? '', /^a\.ts:2: a path of one machine/);
    assert.equal(find(join('/ho', 'me/ada/x')).length, 1);
    assert.equal(find(join('C:\\Us', 'ers\\ada')).length, 1);
  });

  it('lets paths be that only contain such a word', () => {
    for (const text of ['./work/a', 'dist/work/a', '~/work/a', '/workspace/a', 'https://example.org/work/']) {
      assert.deepEqual(find(text), [], text);
    }
  });

  it('names registries in any file, and in the lock file any host', () => {
    assert.equal(find(join('https://reg', 'istry.example.org/x'), 'README.md').length, 1);
    assert.equal(find(join('"resol', 'ved": "https://example.org/x.tgz"'), 'package-lock.json').length, 1);
    assert.equal(find(join('regi', 'stry=https://example.org'), '.npmrc').length, 1);
  });

  it('names marks of what is not finished, in code only', () => {
    assert.equal(find(join('// TO', 'DO later')).length, 1);
    assert.deepEqual(find(join('TO', 'DO'), 'docs/a.md'), []);
  });

  it('names a test that hides the others', () => {
    assert.equal(find(join('it.on', 'ly("x")'), 'a.test.ts').length, 1);
  });
});

describe('links of documents', () => {
  const find = (text: string): readonly string[] => {
    const files = [
      { path: 'docs/a.md', text },
      { path: 'README.md', text: '# Slipway\n## What it is: a platform\n' },
      { path: 'docs/b.md', text: '# B' },
    ];
    return findBrokenLinks(files, [...files.map(({ path }) => path), 'docs/images/a.png']);
  };

  it('may lead to files, folders, pictures and headings', () => {
    const text = '[a](b.md) [b](../README.md#what-it-is-a-platform) [c](images/) ![d](images/a.png) [e](#here)\n# Here';
    assert.deepEqual(find(text), []);
  });

  it('are named when nothing is there', () => {
    assert.deepEqual(find('x\n[a](c.md)'), ['docs/a.md:2: there is no docs/c.md']);
    assert.deepEqual(find('[a](b.md#c)'), ['docs/a.md:1: docs/b.md has no heading #c']);
  });

  it('are not looked for in code, nor on other hosts', () => {
    assert.deepEqual(find('`[a](c.md)`\n```\n[a](c.md)\n```\n[a](https://example.org/c.md) [m](mailto:a@b)'), []);
  });
});
