// Preparation, draining and warm parents of the local engine, with real workers.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { systemClock } from '../../../emulator/common/clock.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import type { EngineReplica } from '../../../emulator/engine/engine.ts';
import { WorkerLink } from '../../../emulator/link/worker-link.ts';
import { echoService, EngineBench, systemPython } from '../../support/engine-bench.ts';
import { isAlive, pidsWith } from '../../support/process-table.ts';
import { until } from '../../support/waiting.ts';
import { Traits } from '../../../schemas/traits.ts';

describe('the local engine', () => {
  let bench: EngineBench;
  let folder = '';
  afterEach(async () => {
    await bench.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
    folder = '';
  });

  /** Holds a data link, as a gateway with work does. */
  async function hold({ address }: EngineReplica): Promise<WorkerLink> {
    assert.ok(address !== undefined);
    const listener = { frame: () => undefined, closed: () => undefined };
    const { signal } = new AbortController();
    return WorkerLink.dial({ address, role: 'data', clock: systemClock, signal, listener });
  }

  it('lets a draining replica live until the last gateway has left it', async () => {
    bench = await EngineBench.start();
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    const link = await hold(replica!);
    bench.engine.apply(version, 0);
    await bench.when(version, 'draining');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(isAlive(replica!.pid!));
    link.close();
    await until(() => bench.replicas(version).length === 0);
    assert.deepEqual([bench.exits[0]?.code, bench.exits[0]?.signal, bench.exits[0]?.restartInMs], [0, null, null]);
  });

  it('ends a replica that does not drain in time', async () => {
    bench = await EngineBench.start();
    const version = bench.version(echoService, { timeouts: { drainMs: 500 } });
    const [replica] = await bench.ready(version);
    const link = await hold(replica!);
    bench.engine.remove(version.key);
    await until(() => bench.replicas(version).length === 0);
    assert.equal(bench.exits[0]?.signal, 'SIGKILL');
    link.destroy();
  });

  it('shows what preparation does, and cancels it when the version is removed', async () => {
    let cancelled = false;
    bench = await EngineBench.start({
      environments: {
        prepare: ({ progress, signal }) => {
          progress('installing numpy');
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              cancelled = true;
              reject(new SlipwayError('environment_cancelled', 'cancelled'));
            });
          });
        },
      },
    });
    const version = bench.version(echoService);
    bench.engine.apply(version, 2);
    const preparation = (): unknown => bench.engine.snapshot().versions[0]?.preparation;
    await until(() => JSON.stringify(preparation()).includes('installing numpy'));
    assert.deepEqual(bench.replicas(version), []);
    bench.engine.remove(version.key);
    await until(() => cancelled && preparation() === undefined);
  });

  it('shows a preparation that failed, and tries it again when the version is wanted anew', async () => {
    let attempts = 0;
    const python = systemPython();
    bench = await EngineBench.start({
      environments: {
        prepare: () => {
          attempts += 1;
          if (attempts > 1) return Promise.resolve({ python });
          return Promise.reject(new SlipwayError('environment_failed', 'no matching distribution'));
        },
      },
    });
    const version = bench.version(echoService);
    bench.engine.apply(version, 1);
    await until(() => bench.engine.snapshot().versions[0]?.preparation.state === 'failed');
    bench.engine.apply(version, 1);
    bench.engine.apply(version, 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(attempts, 1);
    bench.engine.apply(version, 0);
    await bench.ready(version);
    assert.equal(attempts, 2);
  });

  it('forks the replicas of like versions from one warm parent, which ends when it is no longer used', async () => {
    bench = await EngineBench.start({ nurseryIdleMs: 300 });
    const [first, second] = [bench.version(echoService), bench.version(echoService)];
    await bench.ready(first, 2);
    await bench.ready(second, 1);
    const ours = (): number => pidsWith('SLIPWAY_PLATFORM_HOME', realpathSync(bench.home.root)).length;
    assert.equal(ours(), 4);
    bench.engine.remove(first.key);
    bench.engine.remove(second.key);
    await until(() => ours() === 0);
    await bench.ready(first, 1);
  });

  it('F30 serves from a home of more than 260 characters with spaces and Unicode', async () => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'slipway-engine-'));
    const long = join(folder, 'a home, 漢字 ü'.padEnd(150, 'x'), 'y'.repeat(120));
    mkdirSync(long, { recursive: true });
    const before = readdirSync(tmpdir());
    bench = await EngineBench.start({ folder: long });
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    (await hold(replica!)).destroy();
    await bench.engine.close();
    const left = readdirSync(tmpdir()).filter((name) => !before.includes(name) && /^slipway-[0-9a-f]{16}$/.test(name));
    assert.deepEqual(left, []);
  });

  it('says how it does what engines do differently', async () => {
    bench = await EngineBench.start();
    assert.equal(Traits.safeParse(bench.engine.traits()).success, true);
  });
});
