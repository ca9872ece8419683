// Service folders checked with a real Python, which parses the main file.
import assert from 'node:assert/strict';
import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { checkService, type CheckOptions } from '../../../emulator/bundle/check.ts';
import { inspectSource } from '../../../emulator/bundle/inspect.ts';
import { preloadOf } from '../../../emulator/bundle/preload.ts';
import { findPython } from '../../../emulator/bundle/python.ts';
import { readManifest } from '../../../emulator/bundle/manifest.ts';
import { serviceSource, writeService } from '../../support/service-folder.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

/** What the service of these tests imports. */
const needs = { requirements: ['numpy'] };

/** Findings as `code file:line message`. */
async function findings(folder: string, options: CheckOptions = {}): Promise<string[]> {
  const found = await checkService(folder, options);
  return found.map(({ code, file, line, message }) => `${code} ${file}:${line ?? '-'} ${message}`);
}

describe('the check of a service folder', function () {
  this.timeout(30_000);

  it('finds nothing in a sound one', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, { model: 'model', requirements: ['numpy'] }, { 'model/w': 'x' });
      assert.deepEqual(await findings(folder), []);
    });
  });

  it('F15 finds a syntax error, no class, no method and a wrong signature, each with its line', async () => {
    const cases: readonly [source: string, expected: RegExp][] = [
      ['class A:\n    def execute(self:\n', /^source_invalid service\.py:2 /],
      ['x = 1\n', /^class_not_found service\.py:- .* found no class$/],
      ['class A:\n    def load_model(self): ...\n', /^class_not_found service\.py:1 A has no method execute/],
      [
        serviceSource.replace('(self, data, batch_size)', '(self)'),
        /^class_signature service\.py:10 .*execute\(self, data, batch_size\)/,
      ],
    ];
    for (const [source, expected] of cases) {
      await inTemporaryFolder(async (folder) => {
        const found = await findings(await writeService(folder, needs, { 'service.py': source }));
        assert.equal(found.length, 1, found.join('\n'));
        assert.match(found[0]!, expected);
      });
    }
  });

  it('warns of an import that nothing can bring, with its line', async () => {
    await inTemporaryFolder(async (folder) => {
      const found = await checkService(await writeService(folder));
      assert.deepEqual(
        found.map(({ severity, code, file, line }) => [severity, code, file, line]),
        [['warning', 'import_missing', 'service.py', 3]],
      );
    });
  });

  it('runs nothing of what it looks at, also not what is called like a module of Python', async () => {
    await inTemporaryFolder(async (folder) => {
      const trap = 'raise SystemExit("was run")\n';
      await writeService(folder, needs, {
        'service.py': `${trap}${serviceSource}`,
        'json.py': trap,
        'slipway/__init__.py': trap,
      });
      assert.deepEqual(await findings(folder), []);
    });
  });

  it('F35 finds what is wrong with the manifest, with line and column', async () => {
    await inTemporaryFolder(async (folder) => {
      assert.match((await findings(folder)).join(), /^manifest_missing slipway\.json:-/);
      await writeTree(folder, { 'slipway.json': '{\n  "name": "a",\n  "main": "a.py",\n  "replicas": NaN\n}' });
      const [finding] = await checkService(folder);
      assert.deepEqual([finding?.code, finding?.line, finding?.column], ['manifest_invalid', 4, 15]);
    });
  });

  it('finds paths that are not there, requirements that are refused, and secrets, all at once', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, { model: 'weights', samples: 'tests', requirements: ['-r x.txt'] }, { '.env': 'A=1' });
      const codes = (await findings(folder)).map((line) => line.split(' ').slice(0, 2).join(' '));
      assert.deepEqual(codes, [
        'path_missing slipway.json:-',
        'path_missing slipway.json:-',
        'bundle_secret .env:-',
        'manifest_invalid slipway.json:-',
      ]);
    });
  });

  it('F33 says that there is no Python to parse the main file with', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, needs);
      assert.match(
        (await findings(folder, { python: join(folder, 'python') })).join(),
        /^python_missing slipway\.json:- .*is not there/,
      );
      await writeService(folder, { python: '>=9' });
      assert.match(
        (await findings(folder)).join(),
        /^python_missing slipway\.json:4 expected a Python >=9, found .* is 3\./,
      );
    });
  });

  it('tells the edit that takes the Python which is there, and a lock that will not be used', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, { python: '>=9' });
      const [none] = await checkService(folder);
      assert.ok(none?.fix?.kind === 'python');
      const { edit } = none.fix;
      assert.deepEqual([edit.file, edit.line, edit.old], ['slipway.json', none.line, '">=9"']);
      assert.match(edit.text, /^">=3\.\d+"$/);

      const lock = { format: 1, python: '3.11.2', system: process.platform, machine: 'x86_64', packages: {} };
      await writeService(folder, {}, { 'slipway.lock': JSON.stringify({ ...lock, requirements: ['numpy==1.0'] }) });
      const [stale] = await checkService(folder);
      assert.match(stale?.message ?? '', /^it is not used: the requirements have changed since$/);
      assert.deepEqual([stale?.severity, stale?.file, stale?.fix], ['warning', 'slipway.lock', { kind: 'lock' }]);

      await writeService(folder, {}, { 'slipway.lock': '{}' });
      const [damaged] = await checkService(folder);
      assert.deepEqual(
        [damaged?.severity, damaged?.code, damaged?.fix],
        ['error', 'manifest_invalid', { kind: 'lock' }],
      );
    });
  });

  it('F30 works with spaces, Unicode, a long path, a linked workspace and a read-only folder', async () => {
    await inTemporaryFolder(async (outer) => {
      const names = [
        'with space',
        '\u6a21\u578b caf\u00e9',
        `${'long'.repeat(30)}/${'path'.repeat(30)}/${'260'.repeat(20)}`,
      ];
      for (const name of names) {
        const folder = await writeService(
          join(outer, name),
          { ...needs, main: 'src dir/serv\u00e9.py' },
          { 'src dir/serv\u00e9.py': serviceSource },
        );
        await chmod(folder, 0o555);
        assert.deepEqual(await findings(folder), [], name);
        await chmod(folder, 0o755);
      }
      if (process.platform === 'win32') return;
      await symlink(join(outer, 'with space'), join(outer, 'workspace'));
      assert.deepEqual(await findings(join(outer, 'workspace')), []);
    });
  });
});

describe('the inspection of a main file', () => {
  it('tells classes, methods and imports, and what to preload follows', async () => {
    await inTemporaryFolder(async (folder) => {
      await writeService(folder, needs, { 'near.py': '', 'service.py': `import near\n${serviceSource}` });
      const { path } = await findPython('>=3.9');
      const inspection = await inspectSource(path, join(folder, 'service.py'));
      assert.deepEqual(
        inspection.classes.map(({ name }) => name),
        ['Doubler'],
      );
      assert.deepEqual(inspection.imports, ['near', 'json', 'numpy']);
      assert.deepEqual(preloadOf(inspection, await readManifest(folder), ['near.py', 'service.py']), ['numpy']);
    });
  });

  it('says why there is none', async () => {
    await inTemporaryFolder(async (folder) => {
      const { path } = await findPython('>=3.9');
      await assert.rejects(inspectSource(path, join(folder, 'no.py')), { code: 'internal', message: /cannot be read/ });
      await assert.rejects(inspectSource(join(folder, 'python'), 'a.py'), { code: 'python_missing' });
      await assert.rejects(inspectSource(path, 'a.py', AbortSignal.abort()), { code: 'cancelled' });
    });
  });
});
