// A replica that fails again and again is left out for a while, and comes back through one real request.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterEach, describe, it } from 'mocha';
import { Probation } from '../../../emulator/gateway/probation.ts';
import { echo, type FakeWorker } from '../../support/fake-worker.ts';
import { GatewayBench, type GatewayBenchOptions } from '../../support/gateway-bench.ts';
import { ask } from '../../support/raw-http.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { until } from '../../support/waiting.ts';

const fiveTimes = (probation: Probation, now: number): boolean[] =>
  [1, 2, 3, 4, 5].map(() => probation.failed(now, true));

describe('Probation', () => {
  it('ejects after five failures in a row, for 30 s times the ejections, 5 minutes at most', () => {
    const probation = new Probation();
    assert.deepEqual(fiveTimes(probation, 0), [false, false, false, false, true]);
    let now = 0;
    for (let times = 1; times <= 12; times++) {
      const lasts = Math.min(300_000, times * 30_000);
      assert.deepEqual([probation.until, probation.times], [now + lasts, times]);
      assert.equal(probation.standing(now + lasts - 1), 'ejected');
      now += lasts;
      assert.equal(probation.standing(now), 'trial');
      assert.equal(probation.failed(now, true), true, 'a failure on trial ejects at once');
    }
  });

  it('starts counting anew with each answer, and forgives after ten good minutes', () => {
    const probation = new Probation();
    for (let i = 0; i < 4; i++) probation.failed(0, true);
    assert.equal(probation.answered(), false);
    assert.deepEqual(fiveTimes(probation, 0), [false, false, false, false, true]);
    assert.equal(probation.answered(), true);
    assert.equal(probation.standing(0), 'free');
    fiveTimes(probation, 600_001);
    assert.equal(probation.until, 600_001 + 30_000);
  });

  it('never ejects where it is not allowed, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ ms: fc.nat(400_000), failed: fc.boolean() })), (steps) => {
        const probation = new Probation();
        let now = 0;
        for (const { ms, failed } of steps) {
          now += ms;
          if (failed) assert.equal(probation.failed(now, false), false);
          else probation.answered();
          assert.equal(probation.standing(now), 'free');
        }
      }),
    );
  });
});

describe('Ejection', () => {
  let bench: GatewayBench;
  const clock = new ShiftedClock();
  const start = async (options: GatewayBenchOptions): Promise<GatewayBench> =>
    (bench = await GatewayBench.start({ clock, ...options }));
  afterEach(() => bench.close());

  const resets = (worker: FakeWorker): void => {
    worker.execute = () => {
      worker.reset();
      return undefined;
    };
  };
  const ejected = (): unknown[] => bench.reports.filter(({ kind }) => kind === 'ejected');
  /** Requests one after the other until `holds`; the answers that were not 200. */
  const askUntil = async (holds: () => boolean): Promise<number> => {
    let failed = 0;
    let sent = 0;
    await until(async () => {
      // Bodies of their own: one input that kills three workers would be quarantined.
      const answers = await Promise.all([1, 2, 3, 4].map(() => ask(bench.port, '/echo', String(sent++))));
      failed += answers.filter(({ status }) => status !== 200).length;
      return holds();
    });
    return failed;
  };
  const linked = (worker: FakeWorker): Promise<void> => until(() => worker.links === 2);

  it('leaves out a replica that resets five times in a row, and takes it back after one good request', async () => {
    await start({ workers: 4, manifest: { batching: { maxBatchSize: 1 } } });
    const [bad] = bench.workers as [FakeWorker];
    resets(bad);
    await askUntil(() => ejected().length === 1);
    const replica = bench.route.replicas[0]!.id;
    const untilMs = bench.gateway.ejectedUntil(bench.route.key, replica)!;
    assert.ok(Math.abs(untilMs - clock.now() - 30_000) < 5_000, String(untilMs - clock.now()));
    await linked(bad);
    const had = bad.batches.length;
    for (let i = 0; i < 40; i++) assert.equal((await ask(bench.port, '/echo', 'x')).status, 200);
    assert.equal(bad.batches.length, had, 'it gets nothing');
    bad.execute = echo;
    clock.forward(31_000);
    assert.equal(await askUntil(() => bench.reports.some(({ kind }) => kind === 'readmitted')), 0);
    assert.equal(bench.gateway.ejectedUntil(bench.route.key, replica), undefined);
    await askUntil(() => bad.batches.length > had + 5);
  });

  it('never leaves out more than half of the replicas', async () => {
    await start({ workers: 3, manifest: { batching: { maxBatchSize: 1 } } });
    for (const worker of bench.workers.slice(0, 2)) resets(worker);
    await askUntil(() => ejected().length === 1);
    await askUntil(() => bench.workers.slice(0, 2).some(({ batches }) => batches.length >= 12));
    assert.equal(ejected().length, 1);
  });

  it('F25 never leaves out a replica whose service raises', async () => {
    let calls = 0;
    const execute = (items: readonly unknown[]): { status: number; body: string }[] =>
      items.map(() => ({ status: calls++ % 2 === 0 ? 500 : 200, body: '{}' }));
    await start({ workers: 2, execute, manifest: { batching: { maxBatchSize: 1 } } });
    const statuses = [];
    for (let i = 0; i < 100; i++) statuses.push((await ask(bench.port, '/echo', 'x')).status);
    assert.equal(statuses.filter((status) => status === 500).length, 50);
    assert.ok(bench.workers.every(({ batches }) => batches.length > 10));
    assert.deepEqual(bench.reports, []);
  });
});

describe('F24 one replica of four is ten times slower', () => {
  it('gets a small share of the requests, since replicas take work when they are free', async () => {
    const bench = await GatewayBench.start({ workers: 4, manifest: { batching: { maxBatchSize: 1 } } });
    try {
      bench.workers.forEach((worker, i) => {
        worker.execute = async (items) => {
          await new Promise((resolve) => setTimeout(resolve, i === 0 ? 50 : 5));
          return items.map(({ body }) => ({ body }));
        };
      });
      const one = async (): Promise<void> => {
        for (let i = 0; i < 60; i++) assert.equal((await ask(bench.port, '/echo', 'x')).status, 200);
      };
      await Promise.all([one(), one(), one(), one()]);
      const [slow, ...others] = bench.workers.map(({ batches }) => batches.length);
      for (const other of others) assert.ok(slow! * 2 < other, `${slow!} against ${other}`);
    } finally {
      await bench.close();
    }
  });
});
