// Tests of emulator/bundle/check-class.ts, check-imports.ts and preload.ts: what follows from a parsed main file.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { classFindings } from '../../../emulator/bundle/check-class.ts';
import { importFindings } from '../../../emulator/bundle/check-imports.ts';
import { preloadOf } from '../../../emulator/bundle/preload.ts';
import { Manifest, type Framework, type ManifestInput } from '../../../schemas/manifest.ts';
import type { Inspection } from '../../../schemas/worker.ts';

type Class = Inspection['classes'][number];

const manifest = (more: Partial<ManifestInput> = {}): Manifest => Manifest.parse({ name: 'a', main: 'a.py', ...more });
const parsed = (classes: Class[], imports: string[] = []): Inspection => ({ classes, imports, needs: [] });
const both = { loadModel: { line: 2 }, execute: { line: 4 } };
const define = (name: string, more: Partial<Class> = {}): Class => ({ name, line: 1, bases: [], ...more });

/** Findings as `severity code@line message`. */
function found(inspection: Inspection, more: Partial<ManifestInput> = {}, paths: string[] = ['a.py']): string[] {
  return classFindings(inspection, manifest(more), paths).map(
    ({ severity, code, line, message }) => `${severity} ${code}@${line ?? '-'} ${message}`,
  );
}

describe('the class of a main file', () => {
  it('is the one with both methods', () => {
    assert.deepEqual(found(parsed([define('Other'), define('Service', both)])), []);
  });

  it('F15 is missing when there is no class, or none with the methods', () => {
    assert.deepEqual(found(parsed([])), [
      'error class_not_found@- expected a class with load_model and execute, found no class',
    ]);
    assert.deepEqual(found(parsed([define('A'), define('Net', { bases: ['nn.Module'] })])), [
      'error class_not_found@- expected a class with load_model and execute, found A, Net',
    ]);
  });

  it('is one of a framework, which has its methods from there', () => {
    assert.deepEqual(
      found(parsed([define('Net', { bases: ['nn.Module'] }), define('Model', { bases: ['KerasService'] })])),
      [],
    );
    assert.deepEqual(found(parsed([define('Model', { bases: ['slipway.onnx.OnnxService'] })])), []);
    assert.match(found(parsed([define('Model', { bases: ['Service'] })])).join(), /found Model$/);
  });

  it('F15 is missing a method when it has only one', () => {
    assert.deepEqual(found(parsed([define('A', { loadModel: { line: 2 }, line: 7 })])), [
      'error class_not_found@7 A has no method execute(self, data, batch_size)',
    ]);
    assert.deepEqual(found(parsed([define('A', { execute: { line: 2 }, line: 7, bases: ['object'] })])), [
      'error class_not_found@7 A has no method load_model(self)',
    ]);
  });

  it('F15 has a wrong signature where the method stands', () => {
    const execute = { line: 9, problem: 'it takes (self); expected execute(self, data, batch_size)' };
    assert.deepEqual(found(parsed([define('A', { ...both, execute })])), [
      'error class_signature@9 A: it takes (self); expected execute(self, data, batch_size)',
    ]);
  });

  it('F15 is not looked for in a file that is not Python', () => {
    const syntaxError = { line: 3, column: 5, message: 'invalid syntax' };
    const [finding] = classFindings({ ...parsed([]), syntaxError }, manifest(), []);
    assert.equal(finding?.code, 'source_invalid');
    assert.deepEqual([finding.line, finding.column, finding.file], [3, 5, 'a.py']);
  });

  it('may have a method from a class above it, here or elsewhere', () => {
    const base = define('Base', { loadModel: { line: 2 } });
    assert.deepEqual(found(parsed([base, define('A', { execute: { line: 9 }, bases: ['Base'] })])), []);
    assert.deepEqual(found(parsed([define('A', { execute: { line: 9 }, bases: ['sdk.Model'] })])), []);
  });

  it('gives way to the class made of it, and two that are not related are one too many', () => {
    assert.deepEqual(found(parsed([define('Base', both), define('A', { ...both, bases: ['Base'] })])), []);
    assert.match(
      found(parsed([define('A', both), define('B', { ...both, line: 9 })])).join(),
      /class_not_found@9 expected one class .* A, B/,
    );
    assert.deepEqual(found(parsed([define('A', both), define('B', both)]), { class: 'B' }), []);
  });

  it('is not caught in a circle of base classes', () => {
    assert.match(found(parsed([define('A', { bases: ['B'] }), define('B', { bases: ['A'] })])).join(), /found A, B/);
    assert.match(found(parsed([define('A', { bases: ['A'] })])).join(), /found A/);
  });

  it('must be there when the manifest names it, with its methods', () => {
    assert.match(found(parsed([define('A', both)]), { class: 'B' }).join(), /expected a class B, found A/);
    assert.match(
      found(parsed([define('A', { loadModel: { line: 1 } })]), { class: 'A' }).join(),
      /A has no method execute/,
    );
  });

  it('may be imported from the bundle, which only a run can tell', () => {
    assert.match(found(parsed([], ['inner']), {}, ['a.py', 'inner.py']).join(), /^warning class_not_found/);
    assert.match(found(parsed([], ['numpy']), {}, ['a.py', 'inner.py']).join(), /^error class_not_found/);
  });
});

describe('what a service imports of packages', () => {
  const needs = [
    { module: 'os', line: 1 },
    { module: 'numpy', line: 2 },
    { module: 'near', line: 3 },
    { module: 'slipway', line: 4 },
  ];
  const told = (more: Partial<ManifestInput>, files: string[] = ['a.py', 'near.py']): string[] =>
    importFindings({ ...parsed([]), needs }, manifest(more), files).map(
      ({ severity, code, line, message, hint }) => `${severity} ${code} ${line} ${message}. ${hint}`,
    );

  it('is told where no requirement can bring it', () => {
    const [found, ...others] = told({});
    assert.match(found!, /^warning import_missing 2 numpy is imported.*Add the package/);
    assert.deepEqual(others, []);
  });

  it('names the requirements file that lies there unused', () => {
    assert.match(told({}, ['a.py', 'near.py', 'requirements.txt'])[0]!, /"requirements": "requirements\.txt"/);
  });

  it('is not guessed at where something may bring it', () => {
    for (const more of [
      { requirements: ['pandas'] },
      { requirements: 'requirements.txt' },
      { container: { base: 'mine:1' } },
      { framework: 'caffe' as const },
    ]) {
      assert.deepEqual(told(more), []);
    }
  });
});

describe('the preload of a service', () => {
  const preload = (imports: string[], files: string[] = [], more: Partial<ManifestInput> = {}): string[] =>
    preloadOf(parsed([], imports), manifest(more), files);

  it('is what the main file imports, without the standard library, the runtime and repetitions', () => {
    assert.deepEqual(preload(['os', 'json', 'numpy', 'tensorflow.keras', 'tensorflow', 'slipway', 'uai']), [
      'numpy',
      'tensorflow',
    ]);
  });

  it('leaves out modules of the bundle, beside the main file or at the top', () => {
    const files = [
      'src/main.py',
      'src/near.py',
      'pkg/__init__.py',
      'fast.cpython-311-x86_64-linux-gnu.so',
      'numpy.txt',
    ];
    assert.deepEqual(preload(['near', 'pkg', 'fast', 'numpy', 'nea'], files, { main: 'src/main.py' }), [
      'numpy',
      'nea',
    ]);
  });

  it('has the module of the framework, which a service may use through a base class alone, once', () => {
    const cases: readonly [framework: Framework, module: string][] = [
      ['tensorflow', 'tensorflow'],
      ['keras', 'keras'],
      ['caffe', 'caffe'],
      ['mxnet', 'mxnet'],
      ['pytorch', 'torch'],
      ['onnx', 'onnxruntime'],
      ['sklearn', 'sklearn'],
      ['xgboost', 'xgboost'],
    ];
    for (const [framework, module] of cases) {
      assert.deepEqual(preload(['slipway.tensorflow'], [], { framework }), [module]);
      assert.deepEqual(preload([`${module}.part`, 'numpy'], [], { framework }), [module, 'numpy']);
      assert.deepEqual(preload([], [`${module}.py`], { framework }), []);
      assert.deepEqual(preload([], [], { framework, preload: [] }), []);
    }
    assert.deepEqual(preload(['slipway'], [], { framework: 'python' }), []);
  });

  it('is the list of the manifest when there is one', () => {
    assert.deepEqual(preload(['numpy'], [], { preload: ['scipy.stats', 'os'] }), ['scipy.stats', 'os']);
    assert.deepEqual(preload(['numpy'], [], { preload: [] }), []);
  });
});
