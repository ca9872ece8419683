// The edits by which a service fits again: what they change, and that all else of the file stays as it is.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { pythonChange, requirementChange, type Change } from '../../../emulator/bundle/fix/edits.ts';
import { widened } from '../../../emulator/bundle/fix/widen.ts';
import { pythonSatisfies } from '../../../emulator/bundle/python-range.ts';

/** Puts an edit in, as an editor does; `old` has to stand there. */
function applied(text: string, change: Change | undefined): string {
  assert.ok(change !== undefined, 'there is no edit');
  const { line, column, old, text: put } = change.edit;
  const lines = text.split('\n');
  const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  assert.equal(text.slice(at, at + old.length), old);
  return text.slice(0, at) + put + text.slice(at + old.length);
}

const manifest = (members: string): string => `{\n  "name": "digits",\n${members}\n  "main": "digits.py"\n}\n`;

describe('the range of Python that takes one version more', () => {
  const cases: readonly [range: string, versions: string[], wanted: string][] = [
    ['>=3.12', ['3.11.7'], '>=3.11'],
    ['>=3.12,<3.14', ['3.9', '3.11'], '>=3.11,<3.14'],
    ['>=3.9,<3.12', ['3.13.1'], '>=3.9'],
    ['==3.11.*', ['3.13.1'], '>=3.11'],
    ['~=3.12', ['3.11'], '>=3.11'],
    ['>=3.9,!=3.11.*', ['3.11.2'], '>=3.9'],
    ['<3.11', ['3.12.4'], '>=3.12'],
  ];
  for (const [range, versions, wanted] of cases) {
    it(`of ${range} for ${versions.join(' and ')} is ${wanted}`, () => {
      assert.equal(widened(range, versions), wanted);
      const newest = versions.at(-1)!;
      assert.ok(pythonSatisfies(wanted, newest.split('.').length === 2 ? `${newest}.99` : newest));
    });
  }
});

describe('an edit of slipway.json', () => {
  it('sets "python" where it is, and puts it in where it is not', () => {
    const there = manifest('  "python" :  ">=3.12",');
    assert.equal(applied(there, pythonChange(there, '>=3.11')), manifest('  "python" :  ">=3.11",'));
    const absent = '{\n    "name": "digits"\n}\n';
    assert.equal(
      applied(absent, pythonChange(absent, '>=3.11')),
      '{\n    "python": ">=3.11",\n    "name": "digits"\n}\n',
    );
    const narrow = '{"name": "digits"}';
    assert.deepEqual(JSON.parse(applied(narrow, pythonChange(narrow, '>=3.11'))), { python: '>=3.11', name: 'digits' });
  });

  it('changes the version of a requirement alone: its extras and its marker stay', () => {
    const text = manifest('  "requirements": ["a", "Keras_Core [x] >= 3.1 ; sys_platform == \'linux\'"],');
    const wish = { kind: 'requirement', name: 'keras-core', exactly: '3.2.0+cpu' } as const;
    const change = requirementChange(text, undefined, wish);
    assert.equal(change?.value, "keras-core[x]==3.2.0 ; sys_platform == 'linux'");
    const after = JSON.parse(applied(text, change)) as { requirements: string[] };
    assert.deepEqual(after.requirements, ['a', "keras-core[x]==3.2.0 ; sys_platform == 'linux'"]);
  });

  it('keeps an exact version exact, and asks for a later one where a range stood', () => {
    const wish = { kind: 'requirement', name: 'keras', atLeast: '3.15.1' } as const;
    const values = ['keras==3.14.0', 'keras>=3,<3.15', 'keras'].map(
      (now) => requirementChange(manifest(`  "requirements": ["${now}"],`), undefined, wish)?.value,
    );
    assert.deepEqual(values, ['keras==3.15.1', 'keras>=3.15.1', 'keras>=3.15.1']);
  });

  it('adds a requirement to a list as the list is written', () => {
    const wish = { kind: 'requirement', name: 'tf-keras' } as const;
    const add = (members: string): string => {
      const text = manifest(members);
      return applied(text, requirementChange(text, undefined, wish));
    };
    assert.equal(add('  "requirements": ["a"],'), manifest('  "requirements": ["a", "tf-keras"],'));
    assert.equal(
      add('  "requirements": [\n    "a"\n  ],'),
      manifest('  "requirements": [\n    "a",\n    "tf-keras"\n  ],'),
    );
    assert.equal(add('  "requirements": [],'), manifest('  "requirements": ["tf-keras"],'));
    const none = '{\n  "name": "digits"\n}\n';
    assert.equal(
      applied(none, requirementChange(none, undefined, wish)),
      '{\n  "requirements": ["tf-keras"],\n  "name": "digits"\n}\n',
    );
  });

  it('keeps how lines end', () => {
    const text = '{\r\n  "name": "digits",\r\n  "python": ">=3.12"\r\n}\r\n';
    assert.equal(applied(text, pythonChange(text, '>=3.11')), text.replace('3.12', '3.11'));
    const { edit } = requirementChange(text, undefined, { kind: 'requirement', name: 'tf-keras' })!;
    // The editor writes the ends of lines as the file has them.
    assert.equal(edit.text, '\n  "requirements": ["tf-keras"],');
  });

  it('leaves an address alone', () => {
    const text = manifest('  "requirements": ["keras @ https://example.org/keras.whl"],');
    assert.equal(requirementChange(text, undefined, { kind: 'requirement', name: 'keras', exactly: '3' }), undefined);
  });
});

describe('an edit of a requirements file', () => {
  const wish = { kind: 'requirement', name: 'numpy', exactly: '2.1.0' } as const;
  const edited = (text: string): string => applied(text, requirementChange('{}', { path: 'r.txt', text }, wish));

  it('changes one line, and keeps its comment and how lines end', () => {
    assert.equal(
      edited('# list\r\n  numpy >= 1  # fast\r\nkeras==3\r\n'),
      '# list\r\n  numpy==2.1.0  # fast\r\nkeras==3\r\n',
    );
  });

  it('adds a line at the end, also of a file whose last line does not end', () => {
    assert.equal(edited('keras==3\n'), 'keras==3\nnumpy==2.1.0\n');
    assert.equal(edited('keras==3'), 'keras==3\nnumpy==2.1.0\n');
    assert.equal(edited(''), 'numpy==2.1.0\n');
  });

  it('leaves a requirement alone that goes on over several lines', () => {
    const text = `numpy==1.26.4 \\\n  --hash=sha256:${'0'.repeat(64)}\n`;
    assert.equal(requirementChange('{}', { path: 'r.txt', text }, wish), undefined);
  });
});
