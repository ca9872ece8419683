// Any process may be killed or stopped at any moment: nothing stays behind, and what is wanted comes back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, before, describe, it } from 'mocha';
import { processStatus } from '../../../emulator/engine/local/processes.ts';
import { echoService, EngineBench, loading } from '../../support/engine-bench.ts';
import { isAlive, pidsWith } from '../../support/process-table.ts';
import { skip } from '../../support/skip.ts';
import { until } from '../../support/waiting.ts';

const homeMark = 'SLIPWAY_PLATFORM_HOME';

describe('the local engine when a process dies', () => {
  before(function () {
    if (process.platform !== 'linux') skip(this, 'processes are looked up in /proc');
  });

  let bench: EngineBench | undefined;
  let folder = '';
  afterEach(async () => {
    await bench?.close();
    bench = undefined;
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
    folder = '';
  });

  /** The warm parent of a replica. */
  const parentOf = (pid: number): number => {
    const [parent] = pidsWith(homeMark, realpathSync(bench!.home.root)).filter(
      (each) => each !== pid && leads(each, pid),
    );
    return parent!;
  };

  it('F26 kill -9 of a worker: it is replaced, the others do not notice', async () => {
    bench = await EngineBench.start();
    const version = bench.version(echoService);
    const [victim, other] = await bench.ready(version, 2);
    process.kill(victim!.pid!, 'SIGKILL');
    const [failed] = await bench.when(version, 'failed');
    assert.equal(failed?.reason?.code, 'replica_killed');
    assert.match(failed.reason.message, /SIGKILL/);
    const after = await bench.when(version, 'ready', 2);
    assert.equal(after.find(({ id }) => id === other!.id)?.pid, other!.pid);
    assert.equal(after.find(({ id }) => id === victim!.id)?.restarts, 1);
  });

  it('F26 kill -9 of the warm parent: its workers go with it and all come back', async () => {
    bench = await EngineBench.start();
    const version = bench.version(loading('subprocess.Popen(["sleep", "1000"], start_new_session=True)'));
    const before = await bench.ready(version, 2);
    const known = pidsWith(homeMark, realpathSync(bench.home.root));
    assert.equal(known.length, 5, 'the parent, two workers and their children');
    process.kill(parentOf(before[0]!.pid!), 'SIGKILL');
    await until(() => known.every((pid) => !isAlive(pid)), 2000);
    const after = await bench.when(version, 'ready', 2);
    assert.deepEqual(new Set(after.map(({ id }) => id)), new Set(before.map(({ id }) => id)));
  });

  it('F26 a warm parent that is stopped does not keep its replicas from being ended', async () => {
    bench = await EngineBench.start();
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    const parent = parentOf(replica!.pid!);
    process.kill(parent, 'SIGSTOP');
    bench.engine.kill(replica!.id);
    await until(() => !isAlive(replica!.pid!), 5000);
    await until(() => !isAlive(parent), 5000);
    await bench.when(version, 'ready');
  });

  it('F26 kill -9 of the process that holds the engine: nothing is left after two seconds', async () => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'slipway-engine-'));
    for (const launch of ['nursery', 'direct']) {
      const holder = await startHolder(folder, launch);
      const root = join(folder, 'home');
      assert.ok(pidsWith(homeMark, root).length >= 2);
      holder.kill('SIGKILL');
      await until(() => pidsWith(homeMark, root).length === 0, 2000);
    }
  });

  it('F26 the next start ends what was left behind all the same, and removes old sockets', async () => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'slipway-engine-'));
    const root = join(folder, 'home');
    const holder = await startHolder(folder, 'nursery');
    holder.kill('SIGKILL');
    await until(() => pidsWith(homeMark, root).length === 0, 2000);
    // One that no group, pipe or parent would have ended.
    const stray = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env: { [homeMark]: root } });
    stray.unref();
    const old = readdirSync(join(root, 'run'));
    assert.ok(old.length > 0);
    bench = await EngineBench.start({ folder });
    await until(() => !isAlive(stray.pid!), 2000);
    assert.ok(readdirSync(join(root, 'run')).every((name) => !old.includes(name)));
    await bench.ready(bench.version(echoService));
  });

  it('F27 SIGSTOP of a worker: it is killed as frozen and replaced', async () => {
    bench = await EngineBench.start({ frozenMs: 2000 });
    const version = bench.version(echoService, { health: { silenceMs: 60_000 } });
    const [replica] = await bench.ready(version);
    process.kill(replica!.pid!, 'SIGSTOP');
    const [failed] = await bench.when(version, 'failed');
    assert.equal(failed?.reason?.code, 'replica_frozen');
    assert.match(failed.reason.message, /stopped from outside/);
    await bench.when(version, 'ready');
  });

  it('F27 a worker that is stopped for a moment and goes on is kept', async () => {
    bench = await EngineBench.start({ frozenMs: 4000 });
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    process.kill(replica!.pid!, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    process.kill(replica!.pid!, 'SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 3500));
    assert.equal(bench.replicas(version, 'ready')[0]?.pid, replica!.pid);
  });

  it('SIGTERM of a worker drains it, and another process takes its place', async () => {
    bench = await EngineBench.start();
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    process.kill(replica!.pid!, 'SIGTERM');
    await until(() => bench!.replicas(version, 'ready').some(({ pid }) => pid !== replica!.pid));
    await until(() => bench!.replicas(version).length === 1);
  });
});

/** A process that holds an engine with two ready replicas; resolves when they are. */
async function startHolder(folder: string, launch: string): Promise<ReturnType<typeof spawn>> {
  const script = join(import.meta.dirname, '../../support/engine-holder.ts');
  const holder = spawn(process.execPath, ['--import', 'tsx', script, folder, launch], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: holder.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.once('line', () => resolve());
    holder.once('exit', () => reject(new Error('the holder of the engine ended before its replicas were ready')));
  });
  return holder;
}

/** Whether `parent` started `pid`: the warm parent's session is its own, and it is the parent in the process table. */
function leads(parent: number, pid: number): boolean {
  return processStatus(pid)?.parent === parent;
}
