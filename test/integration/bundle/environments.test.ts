// Environments with a real Python, venv and pip, from a folder of wheels instead of a network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { Environments, type PreparedEnvironment, type PrepareRequest } from '../../../emulator/bundle/environments.ts';
import { choosePython, discoverPythons, type Python } from '../../../emulator/bundle/python.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import type { Lock } from '../../../schemas/target.ts';
import { offline, writeWheel } from '../../support/local-wheel.ts';
import { skip } from '../../support/skip.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

interface Bench {
  readonly root: string;
  readonly wheels: string;
  readonly env: NodeJS.ProcessEnv;
  readonly make: (more?: { choose?: string; env?: NodeJS.ProcessEnv }) => Environments;
}

function prepare(
  environments: Environments,
  requirements: string[],
  more: Partial<PrepareRequest> = {},
): Promise<PreparedEnvironment> {
  const signal = new AbortController().signal;
  return environments.prepare({
    requirements,
    python: '>=3.9',
    folder: '/service',
    signal,
    progress: () => undefined,
    ...more,
  });
}

function versionOf(python: string, module: string): string {
  return execFileSync(python, ['-I', '-c', `import ${module}; print(${module}.version)`], { encoding: 'utf8' }).trim();
}

describe('environments', function () {
  this.timeout(120_000);
  let python: Python;

  before(async function () {
    const discovery = await discoverPythons({ env: offline('/nowhere') });
    python = choosePython(discovery, '>=3.9');
    if (!python.venv) skip(this, 'the module ensurepip of Python is missing');
  });

  function withWheels(use: (bench: Bench) => Promise<void>): Promise<void> {
    return inTemporaryFolder(async (outer) => {
      const root = join(outer, 'home with space', 'environments');
      const wheels = join(outer, 'wheels');
      await writeWheel(python.path, wheels, 'slipwaytoy', '1.0');
      const env = offline(wheels);
      const make = (more: { choose?: string; env?: NodeJS.ProcessEnv } = {}): Environments =>
        new Environments({ root, log: silentLogger, clock: systemClock, env, ...more });
      await use({ root, wheels, env, make });
    });
  }

  it('are the interpreter itself for a service without requirements', async () => {
    await withWheels(async ({ root, make }) => {
      const prepared = await prepare(make(), []);
      assert.equal(prepared.python, python.path);
      assert.match(prepared.digest, /^[0-9a-f]{20}$/);
      await assert.rejects(access(root));
      await assert.rejects(prepare(make(), [], { python: '>=9' }), { code: 'python_missing' });
    });
  });

  it('are made once for all who ask at once, in one process and in two, and kept', async () => {
    await withWheels(async ({ root, make }) => {
      const told: string[] = [];
      const one = make();
      const all = await Promise.all([
        prepare(one, ['slipwaytoy==1.0'], { progress: (text) => told.push(text) }),
        prepare(one, ['slipwaytoy==1.0']),
        prepare(make(), ['slipwaytoy==1.0']),
      ]);
      assert.equal(new Set(all.map(({ digest }) => digest)).size, 1);
      const [{ python: inside, digest }] = all;
      assert.ok(inside.startsWith(join(root, digest)));
      assert.equal(versionOf(inside, 'slipwaytoy'), '1.0');
      assert.deepEqual(await readdir(root), [digest]);
      assert.ok(told.includes('making an environment'), told.join());

      told.length = 0;
      assert.deepEqual(await prepare(make(), ['slipwaytoy==1.0'], { progress: (text) => told.push(text) }), all[0]);
      assert.deepEqual(told, []);
      const [view] = await one.list();
      assert.deepEqual([view?.digest, view?.requirements, view?.python], [digest, ['slipwaytoy==1.0'], python.version]);
      assert.ok(view!.bytes > 1000);
      assert.deepEqual(await one.prune(new Set([digest])), []);
      assert.deepEqual(await one.prune(new Set()), [digest]);
      assert.deepEqual(await one.list(), []);
    });
  });

  it('of before names were short are used as they are, and pruned like others', async () => {
    await withWheels(async ({ root, make }) => {
      const { digest } = await prepare(make(), ['slipwaytoy']);
      const identity = ['venv', process.platform, process.arch, python.version, 'slipwaytoy'];
      const former = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
      await rename(join(root, digest), join(root, former));
      const again = await prepare(make(), ['slipwaytoy']);
      assert.equal(again.digest, former);
      assert.equal(versionOf(again.python, 'slipwaytoy'), '1.0');
      assert.deepEqual(await readdir(root), [former]);
      assert.deepEqual(await make().prune(new Set()), [former]);
      assert.equal((await prepare(make(), ['slipwaytoy'])).digest, digest);
    });
  });

  it('F33 are made anew when they were deleted or broken while the platform ran', async () => {
    await withWheels(async ({ root, make }) => {
      const environments = make();
      const { python: inside, digest } = await prepare(environments, ['slipwaytoy']);
      const breakings = [
        (): Promise<void> => rm(join(root, digest), { recursive: true }),
        (): Promise<void> => rm(inside),
      ];
      for (const breaking of breakings) {
        await breaking();
        await prepare(environments, ['slipwaytoy']);
        assert.equal(versionOf(inside, 'slipwaytoy'), '1.0');
      }
    });
  });

  it('are made anew from what a crash left half made', async () => {
    await withWheels(async ({ root, make }) => {
      const { python: inside, digest } = await prepare(make(), ['slipwaytoy']);
      await rm(join(root, digest, '.complete'));
      await writeFile(join(root, digest, 'leftover'), '');
      await writeFile(join(root, `${digest}.lock`), '{"pid":999999999,"start":"1"}');
      assert.deepEqual(await make().list(), []);
      await prepare(make(), ['slipwaytoy']);
      assert.equal(versionOf(inside, 'slipwaytoy'), '1.0');
      await assert.rejects(access(join(root, digest, 'leftover')));
      assert.deepEqual(await readdir(root), [digest]);
    });
  });

  it('say what the installer said when it fails, and leave nothing', async () => {
    await withWheels(async ({ root, make }) => {
      await assert.rejects(
        prepare(make(), ['slipwaytoy==2.0']),
        (error: Error & { code: string; traceback: string }) => {
          assert.equal(error.code, 'environment_failed');
          assert.match(
            error.message,
            /^pip install ended with 1: ERROR: No matching distribution found for slipwaytoy==2\.0/,
          );
          assert.match(error.traceback, /from versions: 1\.0/);
          return true;
        },
      );
      assert.deepEqual(await readdir(root), []);
    });
  });

  it('end their installer when they are cancelled, at once and without a trace', async function () {
    if (process.platform === 'win32') skip(this, 'processes are looked for in the way of POSIX');
    await withWheels(async ({ root, make }) => {
      const stop = new AbortController();
      const preparing = prepare(make(), ['slipwaytoy'], { signal: stop.signal });
      preparing.catch(() => undefined);
      await until(
        async () => (await readdir(root).catch(() => [])).some((name) => /^[0-9a-f]{20}$/.test(name)),
        60_000,
      );
      stop.abort();
      await assert.rejects(preparing, { code: 'environment_cancelled' });
      assert.deepEqual(await readdir(root), []);
      assert.ok(!execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(root));
    });
  });

  it('are not needed by an interpreter that the user chose and that has all packages', async () => {
    await withWheels(async ({ root, wheels, env, make }) => {
      const { python: chosen } = await prepare(make(), ['slipwaytoy']);
      const told: string[] = [];
      const progress = (text: string): void => void told.push(text);
      const own = make({ choose: chosen });
      assert.equal((await prepare(own, ['slipwaytoy==1.0'], { progress })).python, chosen);
      assert.equal(
        (await prepare(make({ env: { ...env, SLIPWAY_PYTHON: chosen } }), ['slipwaytoy>=0.9'])).python,
        chosen,
      );
      assert.equal((await readdir(root)).length, 1);
      assert.deepEqual(told, []);

      await writeWheel(python.path, wheels, 'slipwaytoy', '3.0');
      const newer = await prepare(own, ['slipwaytoy==3.0'], { progress });
      assert.notEqual(newer.python, chosen);
      assert.equal(told[0], `${chosen} does not have slipwaytoy==3.0 (1.0 is installed)`);
      assert.equal(versionOf(newer.python, 'slipwaytoy'), '3.0');
      assert.equal(versionOf(chosen, 'slipwaytoy'), '1.0');
    });
  });

  it('have the exact versions of a lock file that is for them, and are resolved anew for one that is not', async () => {
    await withWheels(async ({ wheels, make }) => {
      await writeWheel(python.path, wheels, 'slipwaytoy', '2.0');
      const machine = execFileSync(python.path, ['-c', 'import platform; print(platform.machine())'], {
        encoding: 'utf8',
      }).trim();
      const lock: Lock = {
        format: 1,
        ...{ python: python.version, system: process.platform, machine, requirements: ['slipwaytoy'] },
        packages: { slipwaytoy: '1.0' },
      };
      const told: string[] = [];
      const made = async (more: Partial<Lock>): Promise<string> => {
        const progress = (text: string): void => void told.push(text);
        const prepared = await prepare(make(), ['slipwaytoy'], { lock: { ...lock, ...more }, progress });
        return versionOf(prepared.python, 'slipwaytoy');
      };
      assert.equal(await made({ python: '3.7.1' }), '2.0');
      assert.ok(told.includes(`slipway.lock is not used: it is for Python 3.7, and this is ${python.version}`));
      assert.equal(await made({ requirements: ['slipwaytoy==1.0'] }), '2.0');
      assert.ok(told.includes('slipway.lock is not used: the requirements have changed since'));

      const wheel = await readFile(join(wheels, 'slipwaytoy-1.0-py3-none-any.whl'));
      const right = `sha256:${createHash('sha256').update(wheel).digest('hex')}`;
      assert.equal(await made({ hashes: { slipwaytoy: [right] } }), '1.0');
      const wrong = `sha256:${'0'.repeat(64)}`;
      await assert.rejects(made({ hashes: { slipwaytoy: [wrong] } }), (error: Error & { traceback: string }) => {
        assert.match(`${error.message} ${error.traceback}`, /HASHES.*slipwaytoy/s);
        return true;
      });
    });
  });

  it('are not misled by settings that would install elsewhere', async () => {
    await withWheels(async ({ root, env, make }) => {
      const odd = {
        ...env,
        PIP_TARGET: join(root, 'elsewhere'),
        PIP_USER: '1',
        PYTHONPATH: '/nowhere',
        PYTHONHOME: '/nowhere',
      };
      const { python: inside } = await prepare(make({ env: odd, choose: python.path }), ['slipwaytoy']);
      assert.equal(versionOf(inside, 'slipwaytoy'), '1.0');
      await assert.rejects(access(join(root, 'elsewhere')));
    });
  });
});
