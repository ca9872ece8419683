// PATH of an environment as Windows has it, and as other systems do.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { programFile, searchPathOf, withSearchPath } from '../../../emulator/common/search-path.ts';

describe('where programs are looked for', () => {
  it('is found under whatever name Windows has for it, and under PATH alone elsewhere', () => {
    assert.equal(searchPathOf({ Path: 'C:\\Python' }, 'win32'), 'C:\\Python');
    assert.equal(searchPathOf({ Path: '/other', PATH: '/bin' }, 'linux'), '/bin');
    assert.equal(searchPathOf({ Path: '/other' }, 'linux'), '');
    assert.equal(searchPathOf({}, 'win32'), '');
  });

  it('is replaced: no second one is left, of which Windows would take either', () => {
    assert.deepEqual(withSearchPath({ Path: 'C:\\old', HOME: 'h' }, 'C:\\new', 'win32'), {
      PATH: 'C:\\new',
      HOME: 'h',
    });
    assert.deepEqual(withSearchPath({ Path: '/mine', PATH: '/old' }, '/new', 'darwin'), {
      Path: '/mine',
      PATH: '/new',
    });
  });

  it('has programs by their file names', () => {
    const names = ['python', 'python.exe', 'PYTHON.EXE', 'python3.12'].map((name) => programFile(name, 'win32'));
    assert.deepEqual(names, ['python.exe', 'python.exe', 'PYTHON.EXE', 'python3.12.exe']);
    assert.equal(programFile('python3.12', 'linux'), 'python3.12');
  });
});
