// Tests of emulator/bundle/manifest.ts and json-position.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { scanJson } from '../../../emulator/bundle/json-position.ts';
import { archivePath, missingPaths, parseManifest, readManifest } from '../../../emulator/bundle/manifest.ts';
import { Manifest } from '../../../schemas/manifest.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

function problemsOf(text: string): string[] {
  const parsed = parseManifest(text);
  assert.ok(!parsed.ok, 'the manifest was accepted');
  return parsed.problems.map(({ line, column, message }) => `${line ?? '-'}:${column ?? '-'} ${message}`);
}

describe('a manifest', () => {
  it('gets the defaults for what it does not say', () => {
    const parsed = parseManifest('{"name": "mnist", "main": "mnist.py"}');
    assert.ok(parsed.ok);
    assert.equal(parsed.manifest.batching.maxBatchSize, 64);
    assert.equal(parsed.manifest.python, '>=3.9');
  });

  it('F35 is refused at the line and column of a syntax error, with what was expected', () => {
    assert.deepEqual(problemsOf('{\n  "name": "mnist",\n}'), [
      '3:1 expected a name in quotes after the ",", found "}"',
    ]);
    assert.deepEqual(problemsOf('{\n  "name": "mnist"\n  "main": "a.py"}'), ['3:3 expected "," or "}", found "\\""']);
    assert.deepEqual(problemsOf('{"name": '), ['1:10 expected a value, found the end of the file']);
    assert.deepEqual(problemsOf(''), ['1:1 expected a value, found the end of the file']);
    assert.deepEqual(problemsOf("{'name': 1}"), ['1:2 expected a name in quotes or "}", found "\'"']);
    assert.deepEqual(problemsOf('{} // done'), ['1:4 expected the end of the file, found "/"']);
  });

  it('F35 is refused for NaN, Infinity, 1e999, negative and fractional numbers, naming the field', () => {
    const withReplicas = (value: string): string[] =>
      problemsOf(`{"name": "mnist", "main": "mnist.py",\n "replicas": ${value}}`);
    assert.deepEqual(withReplicas('NaN'), ['2:14 expected a value, found "NaN"']);
    assert.deepEqual(withReplicas('-Infinity'), ['2:14 expected a value, found "-Infinity"']);
    assert.match(withReplicas('1e999').join(), /^2:2 "replicas": expected .* found Infinity$/);
    assert.deepEqual(withReplicas('-1'), ['2:2 "replicas": expected at least 0, found -1']);
    assert.deepEqual(withReplicas('1.5'), ['2:2 "replicas": expected a whole number, found 1.5']);
    assert.deepEqual(withReplicas('"two"'), ['2:2 "replicas": expected a number, found "two"']);
  });

  it('F35 names fields inside of others, lists and unknown ones, all at once', () => {
    const text = `{
  "name": "Mnist",
  "main": "mnist.txt",
  "replica": 2,
  "batching": { "maxBatchSize": 0 },
  "requirements": ["numpy", 7],
  "framework": "tensorfow"
}`;
    assert.deepEqual(problemsOf(text), [
      '2:3 "name": expected that you use 1 to 48 of a-z, 0-9 and "-", starting with a letter, found "Mnist"',
      '3:3 "main": expected that you name a .py file, found "mnist.txt"',
      '7:3 "framework": expected one of "python", "tensorflow", "keras", "caffe", "mxnet", "pytorch", "onnx", "sklearn", "xgboost", found "tensorfow"',
      '6:3 "requirements": expected a string in place [1] or a string, found ["numpy",7]',
      '5:17 "batching.maxBatchSize": expected at least 1, found 0',
      '4:3 a manifest has no field "replica" (did you mean "replicas"?)',
    ]);
  });

  it('F35 is refused when a field is missing, stands there twice, or nothing is an object', () => {
    assert.deepEqual(problemsOf('{"name": "mnist"}'), [
      '1:1 "main": name the file that defines the class, or a "server"',
    ]);
    assert.deepEqual(problemsOf('{"name": "a", "main": "a.py",\n"name": "b"}'), ['2:1 "name" stands there twice']);
    assert.deepEqual(problemsOf('[]'), ['1:1 the manifest: expected an object, found []']);
  });

  it('F35 is refused for a path out of the folder and for a Python range that is none', () => {
    for (const main of ['../a.py', '/a.py', 'a/../../b.py', 'C:/a.py', 'a\\b.py']) {
      assert.match(
        problemsOf(JSON.stringify({ name: 'a', main })).join(),
        /use a path inside the service folder/,
        main,
      );
    }
    assert.match(
      problemsOf('{"name": "a", "main": "a.py", "python": "=3.10"}').join(),
      /^1:31 "python": expected a range like ">=3\.10,<3\.13", found "=3\.10"/,
    );
  });

  it('may begin with a byte order mark', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeTree(folder, { 'slipway.json': '\ufeff{"name": "mnist", "main": "mnist.py"}' });
      assert.equal((await readManifest(folder)).name, 'mnist');
    });
  });

  it('that is missing, a folder, huge or not UTF-8 is told by its code', async () => {
    await inTemporaryFolder(async (folder) => {
      await assert.rejects(readManifest(folder), { code: 'manifest_missing' });
      await assert.rejects(readManifest(`${folder}/nowhere`), { code: 'manifest_missing' });
      await writeTree(folder, { 'slipway.json/x': '' });
      await assert.rejects(readManifest(folder), { code: 'manifest_invalid' });
      await writeTree(folder, {
        'a/slipway.json': Buffer.from([0x7b, 0xff, 0x7d]),
        'b/slipway.json': ' '.repeat(2 ** 21),
      });
      await assert.rejects(readManifest(`${folder}/a`), { code: 'manifest_invalid', message: /not UTF-8/ });
      await assert.rejects(readManifest(`${folder}/b`), { code: 'manifest_invalid', message: /2097152 bytes/ });
      await writeTree(folder, { 'c/slipway.json': '{\n"name": 1}' });
      await assert.rejects(readManifest(`${folder}/c`), {
        code: 'manifest_invalid',
        message: /^slipway\.json: line 2, column 1: "name": expected a string, found 1; line 1, column 1: "main"/,
      });
    });
  });

  it('names what is not in the bundle, in any spelling of a path', () => {
    const manifest = Manifest.parse({ name: 'a', main: './a.py', model: 'model//deep/', requirements: 'r.txt' });
    assert.deepEqual(missingPaths(manifest, ['a.py', 'model/deep/x', 'r.txt']), []);
    assert.deepEqual(
      missingPaths(manifest, ['model/deeper']).map(({ field }) => field),
      ['main', 'model', 'requirements'],
    );
    assert.equal(archivePath('mode\u0301le/'), 'mod\u00e9le');
  });
});

describe('the JSON scanner', () => {
  it('agrees with JSON.parse on what is JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json({ maxDepth: 4 }), fc.json({ maxDepth: 2 }).chain(mutated), fc.string()), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        assert.equal(scanJson(text).error === undefined, valid, text);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses nesting that would use up the stack', () => {
    assert.match(scanJson('['.repeat(100_000)).error?.message ?? '', /nested more than 64 deep/);
  });
});

/** A JSON text with one character replaced, inserted or left out. */
function mutated(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.nat({ max: text.length }),
      fc.constantFrom('', '"', ',', '{', '}', '[', ']', '0', '-', '\\', '\n'),
      fc.nat({ max: 1 }),
    )
    .map(([at, character, drop]) => text.slice(0, at) + character + text.slice(at + drop));
}
