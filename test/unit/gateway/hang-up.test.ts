// A gateway that closes waits for what executes, and not for what a debugger holds.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { FakeExecute } from '../../support/fake-worker.ts';
import { GatewayBench } from '../../support/gateway-bench.ts';
import { ask, errorCodeOf } from '../../support/raw-http.ts';
import { deferred, until } from '../../support/waiting.ts';

const never: FakeExecute = () => new Promise(() => undefined);

describe('a gateway that closes', () => {
  it('answers what a debugger holds, before or after it began to close, and what waits for it; the rest ends as ever', async () => {
    const gate = deferred();
    const bench = await GatewayBench.start({ workers: 3, manifest: { batching: { maxBatchSize: 1 } } });
    const [held, heldLater, free] = bench.workers as [Worker, Worker, Worker];
    held.execute = heldLater.execute = never;
    free.execute = async (items) => {
      await gate.promise;
      return items.map((item) => ({ body: item.body }));
    };
    const asked = ['a', 'b', 'c'].map((body) => ask(bench.port, '/echo', body));
    await until(() => bench.workers.every((worker) => worker.batches.length === 1));
    const bodyOf = (worker: Worker): string => worker.batches[0]![0]!.body.toString();
    const answerOf = (worker: Worker): ReturnType<typeof ask> => asked['abc'.indexOf(bodyOf(worker))]!;
    const waiting = ask(bench.port, '/echo', 'd');
    await until(() => bench.gateway.load(bench.route.key).concurrency === 4);

    held.pause(true);
    const closed = bench.close();
    const first = await answerOf(held);
    assert.equal(errorCodeOf(first), 'replica_lost');
    assert.match(first.body, /a debugger held replica/);
    heldLater.pause(true);
    assert.equal(errorCodeOf(await answerOf(heldLater)), 'replica_lost');
    gate.resolve();
    assert.deepEqual((await answerOf(free)).body, bodyOf(free));
    assert.equal((await waiting).body, 'd', 'another replica was there for it');
    await closed;
    assert.equal(bench.reports.length, 0, 'nobody is to blame');
  });

  it('refuses what waits where a debugger holds every replica', async () => {
    const bench = await GatewayBench.start({ execute: never, manifest: { batching: { maxBatchSize: 1 } } });
    const held = ask(bench.port, '/echo', 'a');
    await until(() => bench.workers[0]!.batches.length === 1);
    const waiting = ask(bench.port, '/echo', 'b');
    await until(() => bench.gateway.load(bench.route.key).concurrency === 2);
    bench.workers[0]!.pause(true);
    await bench.close();
    assert.equal(errorCodeOf(await held), 'replica_lost');
    assert.equal((await waiting).status, 503);
  });
});

type Worker = GatewayBench['workers'][number];
