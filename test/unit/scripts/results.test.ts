// The results of a run of tests: counts, skips that count as failures, and the forms they are written in.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { fromPytest, judgeSkips, lastLine, totalsOf, toJUnit, type TestResult } from '../../../scripts/test/results.ts';
import { select } from '../../../scripts/test/selection.ts';

const result = (state: TestResult['state'], text?: string): TestResult => {
  return { title: state, file: 'a.test.ts', state, ms: 1, ...(text === undefined ? {} : { text }) };
};

describe('the last line of a run', () => {
  it('sums all suites and names skips only where there are some', () => {
    const one = { suite: 'unit', tests: [result('passed'), result('failed', 'x')] };
    const two = { suite: 'python', tests: [result('passed'), result('skipped', 'only on Windows')] };
    assert.equal(lastLine(totalsOf([one])), '1 passed, 1 failed');
    assert.equal(lastLine(totalsOf([one, two])), '2 passed, 1 failed, 1 skipped');
  });
});

describe('a skip in CI', () => {
  it('is a failure when a tool is missing or no reason is given', () => {
    for (const reason of ['Docker is not running', 'no Kubernetes', 'VS Code', 'uv is not installed', undefined]) {
      const judged = judgeSkips({ suite: 'unit', tests: [result('skipped', reason)] });
      assert.equal(judged.tests[0]?.state, 'failed', reason);
    }
  });

  it('stays a skip when this system has no such thing', () => {
    const suite = { suite: 'unit', tests: [result('skipped', 'only on Windows')] };
    assert.deepEqual(judgeSkips(suite), suite);
  });
});

describe('JUnit', () => {
  it('has one case a test with its text, and characters that XML knows only', () => {
    const xml = toJUnit({ suite: 'unit', tests: [result('passed'), result('failed', 'a < "b" & \u0000\nmore')] });
    assert.match(xml, /<testsuite name="unit" tests="2" failures="1" skipped="0">/);
    assert.match(xml, /<failure message="a &#60; &#34;b&#34; &#38; \?">/);
  });

  it('of pytest is read with outcomes and reasons', () => {
    const xml = [
      '<?xml version="1.0"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">',
      '<testcase classname="tests.test_a" name="test_ok" time="0.25" />',
      '<testcase classname="tests.test_a" name="test_bad[&lt;x&gt;]" time="0.1"><failure message="assert 1 == 2">E</failure></testcase>',
      '<testcase classname="tests.test_a" name="test_broken" time="0"><error message="fixture">E</error></testcase>',
      '<testcase classname="tests.test_a" name="test_skip" time="0"><skipped type="pytest.skip" message="only on Windows">x</skipped></testcase>',
      '</testsuite></testsuites>',
    ].join('');
    const { tests } = fromPytest('python', xml);
    assert.deepEqual(
      tests.map(({ state }) => state),
      ['passed', 'failed', 'failed', 'skipped'],
    );
    assert.equal(tests[0]?.ms, 250);
    assert.equal(tests[1]?.title, 'tests.test_a test_bad[<x>]');
    assert.equal(tests[3]?.text, 'only on Windows');
  });
});

describe('the selection of tests', () => {
  it('is the usual suites when nothing is named', () => {
    assert.deepEqual(
      select(packageRoot, []).map(({ suite }) => suite),
      ['unit', 'contract', 'integration', 'python', 'frameworks', 'docker', 'cluster', 'vscode'],
    );
  });

  it('takes a suite, a folder and a file', () => {
    const file = 'test/unit/scripts/results.test.ts';
    assert.deepEqual(select(packageRoot, [file]), [{ suite: 'unit', files: [join(packageRoot, file)] }]);
    assert.deepEqual(select(packageRoot, [file, file]), select(packageRoot, [file]));
    const [folder] = select(packageRoot, ['test/unit/scripts']);
    assert.ok(folder?.files.includes(join(packageRoot, file)));
    assert.ok(select(packageRoot, ['unit'])[0]?.files.includes(join(packageRoot, file)));
  });

  it('refuses what is neither', () => {
    for (const name of ['speed', 'test/unit/nothing.test.ts', '../x', 'scripts/test']) {
      assert.throws(() => select(packageRoot, [name]), /expected a suite \(unit, /);
    }
  });
});
