import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { GatewayLoads } from '../../../emulator/cluster/gateway-loads.ts';
import { noLoad } from '../../../emulator/observe/load.ts';
import type { VersionReport } from '../../../schemas/cluster.ts';
import type { VersionKey } from '../../../schemas/ids.ts';

const key = 'mnist-v1-00000000' as VersionKey;

function report(qps: number, concurrency: number, ok: number, p99Ms: number): VersionReport {
  return {
    ...{ key, task: 'mnist', version: 'v1', statuses: [[200, ok]], durations: [ok, 0], durationSeconds: ok / 100 },
    ...{ queueDepth: concurrency, executing: 0, batches: ok, batchItems: ok, executeSeconds: 0, retries: 0 },
    load: { ...noLoad, qps, concurrency, p99Ms, total: ok },
  };
}

describe('the load of several gateways', () => {
  it('is their sum, with the slower percentile', () => {
    const loads = new GatewayLoads({ monotonic: () => 0 });
    loads.report({ gateway: 'one', versions: [report(10, 3, 100, 20)] });
    loads.report({ gateway: 'two', versions: [report(30, 5, 300, 50)] });
    const { qps, concurrency, p99Ms, total } = loads.load(key);
    assert.deepEqual({ qps, concurrency, p99Ms, total }, { qps: 40, concurrency: 8, p99Ms: 50, total: 400 });
    const [row] = [...loads.counters()];
    assert.deepEqual([...row!.statuses], [[200, 400]]);
    assert.equal(row!.queueDepth, 8);
  });

  it('no longer counts what a silent gateway carried, and keeps what it had counted', () => {
    let now = 0;
    const loads = new GatewayLoads({ monotonic: () => now });
    loads.report({ gateway: 'one', versions: [report(10, 3, 100, 20)] });
    now = 4_000;
    loads.report({ gateway: 'two', versions: [report(30, 5, 300, 50)] });
    now = 6_000;
    assert.equal(loads.fresh, 1);
    assert.equal(loads.load(key).qps, 30);
    const [row] = [...loads.counters()];
    assert.deepEqual([...row!.statuses], [[200, 400]]);
    assert.equal(row!.queueDepth, 5);
  });
});
