// Tests of emulator/bundle/python.ts with interpreters that are shell scripts.
import assert from 'node:assert/strict';
import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import {
  choosePython,
  chosenPython,
  discoverPythons,
  findPython,
  type Python,
} from '../../../emulator/bundle/python.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

/** A script that answers as an interpreter of this version does. */
function interpreter(version: string, more: Record<string, unknown> = {}): string {
  const answer = JSON.stringify({ path: 'PATH', version, venv: true, final: true, ...more });
  return `#!/bin/sh\necho '${answer}' | sed "s|PATH|$0|"\n`;
}

/** Runs `use` with a folder that holds these scripts, and an environment in which it is the whole PATH but for sed. */
function withScripts(
  scripts: Readonly<Record<string, string>>,
  use: (folder: string, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const all = { ...scripts, 'tools/sed': '#!/bin/sh\nexec /usr/bin/sed "$@"\n' };
    await writeTree(folder, all);
    for (const path of Object.keys(all)) await chmod(join(folder, path), 0o755);
    await use(folder, { PATH: [join(folder, 'one'), join(folder, 'two'), join(folder, 'tools')].join(':') });
  });
}

const python = (version: string, more: Partial<Python> = {}): Python => ({
  path: `/py/${version}`,
  version,
  venv: true,
  ...more,
});

describe('the choice of a Python', () => {
  const choose = (range: string, ...found: Python[]): string => choosePython({ found, refused: [] }, range).version;

  it('prefers 3.12, then 3.11, then the newest', () => {
    const all = ['3.9.1', '3.13.0', '3.10.2', '3.11.7', '3.12.1'].map((version) => python(version));
    assert.equal(choose('>=3.9', ...all), '3.12.1');
    assert.equal(choose('<3.12', ...all), '3.11.7');
    assert.equal(choose('!=3.12.*,!=3.11.*', ...all), '3.13.0');
    assert.equal(choose('<3.11', ...all), '3.10.2');
    assert.equal(choose('>=3.9', python('3.12.1'), python('3.12.10')), '3.12.10');
  });

  it('prefers one that can make environments', () => {
    assert.equal(choose('>=3.9', python('3.12.1', { venv: false }), python('3.10.0')), '3.10.0');
  });

  it('F33 says what was found and why each was refused', () => {
    const refused = [{ command: '/shims/python3.12', why: 'ended with code 127: pyenv: command not found' }];
    assert.throws(() => choosePython({ found: [python('3.9.1')], refused }, '>=3.11'), {
      code: 'python_missing',
      message:
        'expected a Python >=3.11, found /py/3.9.1 is 3.9.1; /shims/python3.12 ended with code 127: pyenv: command not found.',
    });
    assert.throws(() => choosePython({ found: [], refused: [] }, '>=3.11'), { message: /found none on the PATH/ });
  });

  it('takes the word of the user, of --python before SLIPWAY_PYTHON', () => {
    assert.equal(chosenPython({ choose: 'a', env: { SLIPWAY_PYTHON: 'b' } }), 'a');
    assert.equal(chosenPython({ env: { SLIPWAY_PYTHON: 'b' } }), 'b');
    assert.equal(chosenPython({ env: { SLIPWAY_PYTHON: '' } }), undefined);
  });
});

describe('the search for Pythons', () => {
  before(function () {
    if (process.platform === 'win32') skip(this, 'the interpreters of this test are shell scripts');
  });

  it('F33 skips broken shims, old ones, pre-releases and things that are no Python', async () => {
    const scripts = {
      'one/python3.12': '#!/bin/sh\necho "pyenv: python3.12: command not found" >&2\nexit 127\n',
      'one/python3.11': interpreter('3.11.7'),
      'one/python3.9': interpreter('3.8.2'),
      'one/python3': '#!/nonexistent/interpreter\n',
      'one/python': '#!/bin/sh\necho Hello\n',
      'two/python3.12': interpreter('3.12.4'),
      'two/python3.13': interpreter('3.13.0', { final: false }),
    };
    await withScripts(scripts, async (folder, env) => {
      const { found, refused } = await discoverPythons({ env });
      assert.deepEqual(
        found.map(({ path, version }) => [path, version]),
        [
          [join(folder, 'two/python3.12'), '3.12.4'],
          [join(folder, 'one/python3.11'), '3.11.7'],
        ],
      );
      const whys = Object.fromEntries(refused.map(({ command, why }) => [command.slice(folder.length + 1), why]));
      assert.deepEqual(Object.keys(whys).sort(), [
        'one/python',
        'one/python3',
        'one/python3.12',
        'one/python3.9',
        'two/python3.13',
      ]);
      assert.equal(whys['one/python3.12'], 'ended with code 127: pyenv: python3.12: command not found');
      assert.equal(whys['one/python3.9'], 'is 3.8.2; >=3.9 is needed');
      assert.equal(whys['one/python'], 'did not answer as Python does');
      assert.match(whys['one/python3']!, /could not be started/);
      assert.equal(whys['two/python3.13'], 'is a pre-release of 3.13.0');
    });
  });

  it('F33 does not wait for ever for one that hangs, nor leave it running', async () => {
    await withScripts({ 'one/python3': '#!/bin/sh\nwhile :; do :; done\n' }, async (_, env) => {
      const clock = new FakeClock();
      const search = discoverPythons({ env, clock });
      await until(() => clock.pending > 0);
      clock.advance(10_000);
      const { found, refused } = await search;
      assert.equal(found.length, 0);
      assert.match(refused[0]!.why, /did not end within 10 s/);
      assert.equal(clock.pending, 0);
    });
  });

  it('F33 finds nothing where there is no Python', async () => {
    await withScripts({}, async (_, env) => {
      await assert.rejects(findPython('>=3.9', { env }), { code: 'python_missing', message: /none on the PATH/ });
      await assert.rejects(findPython('>=3.9', { env: {} }), { code: 'python_missing' });
    });
  });

  it('F33 looks at nothing but the one that the user chose', async () => {
    const scripts = {
      'one/python3.12': interpreter('3.12.4'),
      'mine/py': interpreter('3.10.1'),
      'two/special': interpreter('3.9.9'),
    };
    await withScripts(scripts, async (folder, env) => {
      const mine = join(folder, 'mine', 'py');
      assert.equal((await findPython('>=3.9', { choose: mine, env })).version, '3.10.1');
      assert.equal((await findPython('>=3.9', { env: { ...env, SLIPWAY_PYTHON: mine } })).version, '3.10.1');
      assert.equal((await findPython('>=3.9', { choose: 'special', env })).version, '3.9.9');
      await assert.rejects(findPython('>=3.11', { choose: mine, env }), {
        code: 'python_missing',
        message: /is 3\.10\.1/,
      });
      await assert.rejects(findPython('>=3.9', { choose: join(folder, 'gone'), env }), {
        message: /gone is not there/,
      });
      await assert.rejects(findPython('>=3.9', { choose: folder, env }), { message: /is not there/ });
    });
  });

  it('asks an interpreter once that is there under several names', async () => {
    await withScripts({ 'one/python3.12': interpreter('3.12.4') }, async (folder, env) => {
      await symlink('python3.12', join(folder, 'one', 'python3'));
      await symlink(join(folder, 'one', 'python3'), join(folder, 'two-python'));
      assert.equal((await discoverPythons({ env })).found.length, 1);
    });
  });

  it('ends when it is cancelled', async () => {
    await withScripts({ 'one/python3': '#!/bin/sh\nwhile :; do :; done\n' }, async (_, env) => {
      const stop = new AbortController();
      const search = discoverPythons({ env, signal: stop.signal });
      stop.abort();
      await assert.rejects(search, { code: 'cancelled' });
    });
  });
});
