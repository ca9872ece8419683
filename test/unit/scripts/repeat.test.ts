// A second try in CI: which files it takes, and what becomes of the results.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { afterRepeat, filesToRepeat } from '../../../scripts/test/repeat.ts';
import type { TestResult } from '../../../scripts/test/results.ts';

const test = (file: string, title: string, state: TestResult['state'] = 'failed'): TestResult => {
  return { title, file, state, ms: 1, ...(state === 'failed' ? { text: 'why' } : {}) };
};

describe('a second try', () => {
  it('takes each file with a failed test once', () => {
    const tests = [test('a', '1'), test('a', '2'), test('b', '3', 'passed'), test('c', '4')];
    assert.deepEqual(filesToRepeat({ suite: 'docker', tests }), ['a', 'c']);
  });

  it('is not made when many files failed, or the suite as a whole did', () => {
    const many = ['a', 'b', 'c', 'd'].map((file) => test(file, '1'));
    assert.deepEqual(filesToRepeat({ suite: 'docker', tests: many }), []);
    assert.deepEqual(filesToRepeat({ suite: 'docker', tests: [test('a', '1'), test('', 'a process is left')] }), []);
  });

  it('leaves what fails again as failed, and names what does not', () => {
    const first = {
      suite: 'docker',
      tests: [test('a', 'fails always'), test('a', '"before all" hook'), test('b', '3', 'passed')],
    };
    const second = { suite: 'docker', tests: [test('a', 'fails always'), test('a', 'after the hook', 'passed')] };
    const { tests, unsteady } = afterRepeat(first, ['a'], second);
    assert.deepEqual(
      tests.map(({ title, state }) => [title, state]),
      [
        ['3', 'passed'],
        ['fails always', 'failed'],
        ['after the hook', 'passed'],
      ],
    );
    assert.deepEqual(
      unsteady?.map(({ title }) => title),
      ['"before all" hook'],
    );
  });

  it('fails whole when the second run did not come to its end', () => {
    const first = { suite: 'docker', tests: [test('a', '1'), test('b', '3', 'passed')] };
    const second = { suite: 'docker', tests: [test('', 'docker: runs to its end')] };
    const { tests } = afterRepeat(first, ['a'], second);
    assert.equal(tests.filter(({ state }) => state === 'failed').length, 1);
  });
});
