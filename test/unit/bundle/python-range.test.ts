// Tests of emulator/bundle/python-range.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { clauseHolds, parsePythonRange, pythonSatisfies } from '../../../emulator/bundle/python-range.ts';

describe('a range of versions', () => {
  const cases: readonly [range: string, inside: readonly string[], outside: readonly string[]][] = [
    ['>=3.9', ['3.9.0', '3.9', '3.13.1', '4.0'], ['3.8.19', '2.7.18']],
    ['>=3.10,<3.13', ['3.10.0', '3.12.99'], ['3.9.20', '3.13.0']],
    ['==3.11', ['3.11', '3.11.0'], ['3.11.7']],
    ['==3.11.*', ['3.11.0', '3.11.7', '3.11'], ['3.1.1', '3.12.0', '3.110.0']],
    ['!=3.11.*', ['3.12.0', '3.10.4'], ['3.11.7']],
    ['!=3.11.7', ['3.11.6'], ['3.11.7']],
    ['~=3.10', ['3.10.0', '3.13.0'], ['4.0', '3.9.9']],
    ['~=3.10.2', ['3.10.2', '3.10.9'], ['3.10.1', '3.11.0']],
    ['>3.10', ['3.10.1', '3.11.0'], ['3.10.0', '3.9.0']],
    ['<=3.12', ['3.12.0', '3.11.9'], ['3.12.1']],
    ['===3.11.7', ['3.11.7'], ['3.11.70', '3.11']],
    [' >= 3.9 , < 3.13 ', ['3.12.0'], ['3.13.0']],
  ];
  for (const [range, inside, outside] of cases) {
    it(`${range} holds what PEP 440 says`, () => {
      for (const version of inside) assert.equal(pythonSatisfies(range, version), true, version);
      for (const version of outside) assert.equal(pythonSatisfies(range, version), false, version);
    });
  }

  it('that means nothing is refused', () => {
    for (const range of ['', '3.10', '=3.10', '~3.10', '!3', '>=3.*', '~=3', '>=3.10,', '>=3..1', '===3.*']) {
      assert.throws(() => parsePythonRange(range), { code: 'manifest_invalid' }, range);
    }
  });

  it('does not claim to know pre-releases, and takes a local part as the release', () => {
    assert.equal(clauseHolds({ operator: '>=', version: '2.0' }, '2.0rc1'), undefined);
    assert.equal(clauseHolds({ operator: '==', version: '2.0rc1' }, '2.0rc1'), true);
    assert.equal(clauseHolds({ operator: '==', version: '2.1.0' }, '2.1.0+cu118'), true);
    assert.equal(clauseHolds({ operator: '===', version: '2.1.0' }, '2.1.0+cu118'), false);
  });
});
