// What the code of a service can do to its own replica, and to nothing else. Real workers under the local engine.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import type { EngineVersion } from '../../../emulator/engine/engine.ts';
import type { Reason } from '../../../schemas/errors.ts';
import { echoService, EngineBench, loading, systemPython, type BenchOptions } from '../../support/engine-bench.ts';
import { isAlive } from '../../support/process-table.ts';
import { skip } from '../../support/skip.ts';
import { until } from '../../support/waiting.ts';

describe('a service under the local engine', () => {
  before(function () {
    if (process.platform !== 'linux') skip(this, 'what is left behind is looked up in /proc');
  });

  let bench: EngineBench;
  const start = async (options: BenchOptions = {}): Promise<void> => void (bench = await EngineBench.start(options));
  const folders: string[] = [];
  afterEach(async () => {
    await bench.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** Applies one replica, waits for it to fail, and says why. */
  async function failure(version: EngineVersion): Promise<Reason> {
    bench.engine.apply(version, 1);
    const [failed] = await bench.when(version, 'failed', 1, 30_000);
    assert.ok(failed?.reason !== undefined);
    assert.deepEqual([bench.exits.length > 0, bench.exits[0]?.restartInMs], [true, 500]);
    return failed.reason;
  }

  /** A version that loads, beside which others fail: it must stay as it is. */
  async function neighbour(): Promise<() => void> {
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    return () => {
      const [now] = bench.replicas(version);
      assert.deepEqual([now?.state, now?.pid, now?.restarts], ['ready', replica?.pid, 0]);
    };
  }

  /** An interpreter that also finds these modules. */
  function pythonWith(modules: Record<string, string>): { python: string; folder: string } {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-modules-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
    const python = join(folder, 'python');
    const script = `#!/bin/sh\nPYTHONPATH="$PYTHONPATH:${folder}" exec "${systemPython()}" "$@"\n`;
    writeFileSync(python, script, { mode: 0o755 });
    return { python, folder };
  }

  const slow = { timeouts: { loadMs: 1500 } };

  describe('F16 that does not load', () => {
    it('F16 an import that hangs ends with load_timeout', async () => {
      await start();
      const reason = await failure(bench.version(`import time\ntime.sleep(1000)\n${echoService}`, slow));
      assert.equal(reason.code, 'load_timeout');
      assert.match(reason.message, /within 1\.5 s/);
    });

    for (const [what, statement, fails] of [
      ['hangs', 'import time; time.sleep(1000)', true],
      ['ends its process', 'import os; os._exit(7)', false],
    ] as const) {
      it(`F16 an import that ${what} in the warm parent is made by the worker from then on`, async () => {
        // It does so in the first process that imports it, and notes all.
        const module = `import os, pathlib\nlog = pathlib.Path(__file__).with_suffix(".log")\nfirst = not log.exists()
log.open("a").write(f"{os.getpid()}\\n")\nif first:\n    ${statement}\n`;
        const { python, folder } = pythonWith({ 'difficult.py': module });
        const environments = { prepare: () => Promise.resolve({ python }) };
        await start({ preload: ['difficult'], environments });
        const version = bench.version(`import difficult\n${echoService}`, slow);
        if (fails) assert.equal((await failure(version)).code, 'load_timeout');
        const [replica] = await bench.ready(version);
        const importers = readFileSync(join(folder, 'difficult.log'), 'utf8').trim().split('\n').map(Number);
        assert.deepEqual(importers.slice(1), [replica?.pid]);
      });
    }

    it('F16 a load_model that hangs ends with load_timeout', async () => {
      await start();
      const check = await neighbour();
      assert.equal((await failure(bench.version(loading('time.sleep(1000)'), slow))).code, 'load_timeout');
      check();
    });

    it('F16 an __init__ that never returns ends with load_timeout', async () => {
      await start();
      const init = 'def __init__(self):\n        while True:\n            time.sleep(1)\n\n    def load_model';
      const reason = await failure(bench.version(loading('pass').replace('def load_model', init), slow));
      assert.equal(reason.code, 'load_timeout');
      assert.match(reason.message, /within 1\.5 s/);
    });

    it('F16 a load_model that hangs with the interpreter lock held ends with load_timeout', async () => {
      await start();
      const reason = await failure(bench.version(loading('ctypes.PyDLL(None).sleep(1000)'), slow));
      assert.equal(reason.code, 'load_timeout');
    });

    it('F16 a load_model that exits with 0 fails, whichever way it exits', async () => {
      await start();
      const hard = await failure(bench.version(loading('os._exit(0)')));
      assert.equal(hard.code, 'replica_exited');
      assert.match(hard.message, /exited with code 0 by itself, before it was ready/);
      const soft = await failure(bench.version(loading('sys.exit(0)')));
      assert.equal(soft.code, 'load_failed');
      assert.match(soft.message, /ended the process/);
    });

    it('F16 a load_model that raises fails with its traceback, and is tried again ever more slowly', async () => {
      await start();
      const version = bench.version(loading('raise ValueError("no weights")'));
      const reason = await failure(version);
      assert.equal(reason.code, 'load_failed');
      assert.match(reason.message, /ValueError: no weights/);
      await until(() => bench.exits.length === 3);
      assert.deepEqual(
        bench.exits.map(({ restartInMs }) => restartInMs),
        [500, 1000, 2000],
      );
      assert.equal(bench.replicas(version).length, 1);
    });
  });

  it('F18 a worker whose interpreter lock is held for long is killed as frozen and replaced', async () => {
    await start({ frozenMs: 3000 });
    const check = await neighbour();
    const lines = [
      'import pathlib',
      'if pathlib.Path("held").exists(): return',
      'pathlib.Path("held").touch()',
      'hold = lambda: (time.sleep(0.5), ctypes.PyDLL(None).sleep(1000))',
      'threading.Thread(target=hold, daemon=True).start()',
    ];
    const version = bench.version(loading(...lines));
    await bench.ready(version);
    const [failed] = await bench.when(version, 'failed');
    assert.equal(failed?.reason?.code, 'replica_frozen');
    await bench.when(version, 'ready');
    check();
  });

  it('F18 a worker that declares long silences is left alone meanwhile', async () => {
    await start({ frozenMs: 1000 });
    const lines = [
      'hold = lambda: (time.sleep(0.2), ctypes.PyDLL(None).sleep(4))',
      'threading.Thread(target=hold).start()',
    ];
    const version = bench.version(loading(...lines), { health: { silenceMs: 20_000 } });
    const [replica] = await bench.ready(version);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.deepEqual([bench.replicas(version)[0]?.pid, bench.exits.length], [replica?.pid, 0]);
  });

  const crashes: readonly (readonly [string, string, RegExp])[] = [
    ['os._exit', 'os._exit(3)', /exited with code 3/],
    ['a segmentation fault', 'ctypes.string_at(0)', /SIGSEGV/],
    ['an abort', 'os.abort()', /SIGABRT/],
    [
      'a stack overflow in native code',
      'sys.setrecursionlimit(10**9); f = lambda g: list(map(g, [g])); f(f)',
      /SIGSEGV|RecursionError/,
    ],
  ];
  for (const [what, statement, expected] of crashes) {
    it(`F19 ${what} ends its own replica, with what it was in the reason`, async () => {
      await start();
      const check = await neighbour();
      const reason = await failure(bench.version(loading(statement)));
      assert.match(reason.message, expected);
      check();
    });
  }

  it('F19 a crash while it serves is told with the last lines of stderr, and the replica comes back', async () => {
    await start();
    const lines = ['os.write(2, b"about to go\\n")', 'threading.Timer(0.3, lambda: ctypes.string_at(0)).start()'];
    const version = bench.version(loading(...lines));
    await bench.ready(version);
    const [failed] = await bench.when(version, 'failed');
    assert.equal(failed?.reason?.code, 'replica_killed');
    assert.match(failed.reason.message, /SIGSEGV.*while it was ready/);
    assert.match(failed.reason.message, /about to go[^]*Fatal Python error: Segmentation fault/);
    await bench.when(version, 'ready');
  });

  it('F20 a leak is ended when it is over resources.memory, as replica_oom', async () => {
    await start();
    const check = await neighbour();
    const leak = 'self.kept = [bytearray(8 << 20) for _ in range(32) if time.sleep(0.02) is None]; time.sleep(60)';
    const version = bench.version(loading(leak), { resources: { memory: '100Mi' } });
    const reason = await failure(version);
    assert.equal(reason.code, 'replica_oom');
    assert.match(reason.message, /used \d+ MiB, resources.memory allows 100 MiB/);
    check();
  });

  it('F20 what its children use counts too', async () => {
    await start();
    const child = 'x = bytearray(200 << 20); import time; time.sleep(60)';
    const version = bench.version(loading(`subprocess.run([sys.executable, "-c", "${child}"])`), {
      resources: { memory: '100Mi' },
    });
    assert.equal((await failure(version)).code, 'replica_oom');
  });

  for (const launch of ['nursery', 'direct'] as const) {
    for (const [how, options] of [
      ['in its group', ''],
      ['in a session of their own', ', start_new_session=True'],
      ['in a session of their own, with an empty environment', ', start_new_session=True, env={}'],
    ] as const) {
      if (launch === 'direct' && options.includes('env')) continue;
      it(`F21 children left behind ${how} are ended with their replica (${launch})`, async () => {
        await start({ launch });
        const lines = [
          `child = subprocess.Popen(["sleep", "1000"]${options})`,
          'open("child", "w").write(str(child.pid))',
        ];
        const version = bench.version(loading(...lines));
        const [replica] = await bench.ready(version);
        const file = join(bench.home.bundles, version.bundle.slice('sha256:'.length), 'child');
        const child = Number(readFileSync(file, 'utf8'));
        assert.ok(isAlive(child));
        bench.engine.kill(replica!.id);
        await until(() => bench.exits.length === 1);
        assert.ok(!isAlive(child));
        bench.engine.remove(version.key);
      });
    }
  }

  it('F22 a flood of output, binary too, is cut to a few lines and the rest is counted', async () => {
    await start();
    const check = await neighbour();
    const flood = 'block = bytes(range(256)) * 256\nfor _ in range(1600): os.write(1, block)'.split('\n');
    const version = bench.version(loading(...flood));
    const began = performance.now();
    await bench.ready(version);
    const seconds = (performance.now() - began) / 1000;
    // 100 MB at the 40 MB/s that the engine takes.
    assert.ok(seconds < 8, `${seconds} s`);
    await until(() => bench.outputs.some(({ dropped }) => dropped > 0));
    const total = bench.outputs.reduce((sum, { dropped }) => sum + (dropped > 0 ? dropped : 1), 0);
    await until(
      () =>
        bench.outputs.reduce((sum, { dropped }) => sum + (dropped > 0 ? dropped : 1), 0) >= 256 * 1600 || total > 4e5,
    );
    assert.ok(bench.outputs.length < 200 * (seconds + 3));
    check();
  });

  it('F22 a worker that closed its stdout and stderr goes on', async () => {
    await start();
    const version = bench.version(loading('os.close(1); os.close(2); print("still here")'));
    await bench.ready(version);
    assert.equal(bench.exits.length, 0);
  });

  it('F23 environment variables, signal handlers and the directory are its own', async () => {
    await start({ platformEnv: { ...process.env, MY_TOKEN: 'secret', OTHER: 'x' } });
    const check = await neighbour();
    const lines = [
      'print(sorted(name for name in ("MY_TOKEN", "OTHER", "GIVEN", "OMP_NUM_THREADS") if name in os.environ))',
      'os.environ.clear(); os.chdir("/"); signal.signal(signal.SIGTERM, signal.SIG_IGN)',
    ];
    const version = bench.version(loading(...lines), { environment: { GIVEN: '1' } });
    await bench.ready(version);
    await until(() => bench.outputs.length > 0);
    assert.equal(bench.outputs[0]?.text, "['GIVEN', 'OMP_NUM_THREADS']");
    bench.engine.remove(version.key);
    await until(() => bench.replicas(version).length === 0);
    check();
  });
});
