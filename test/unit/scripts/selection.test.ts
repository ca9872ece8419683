import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { select } from '../../../scripts/test/selection.ts';

const own = 'test/unit/scripts/selection.test.ts';
const told = (...wanted: string[]): readonly (readonly [string, readonly string[]])[] =>
  select(packageRoot, wanted).map(({ suite, files }) => [suite, files.map((file) => relative(packageRoot, file))]);

describe('the tests that a command line asks for', () => {
  it('are all suites when it names none, each with its files', () => {
    const suites = select(packageRoot, []);
    assert.ok(suites.length >= 8);
    for (const { suite, files } of suites) assert.equal(files.length > 0, suite !== 'python', suite);
  });

  it('are those of a path, also where its suite is named as well, once', () => {
    assert.deepEqual(told(own), [['unit', [own]]]);
    assert.deepEqual(told('unit', own, own), [['unit', [own]]]);
    assert.deepEqual(told(own, 'python'), [
      ['unit', [own]],
      ['python', []],
    ]);
  });

  it('are those of a folder', () => {
    const [[suite, files] = ['', []]] = told('test/unit/scripts');
    assert.equal(suite, 'unit');
    assert.ok(files.includes(own) && files.every((file) => file.startsWith('test/unit/scripts/')));
  });

  it('are none where there is no such suite, file or test, and it is said', () => {
    for (const path of [
      'units',
      'test/unit/none.test.ts',
      'test/support',
      'README.md',
      'test/unit/scripts/selection.ts',
    ]) {
      assert.throws(() => select(packageRoot, [path]), /expected a suite .* found/, path);
    }
  });
});
