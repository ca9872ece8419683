// What becomes of requests when workers die, fall silent, or are full: answered once, elsewhere, or refused clearly.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { VersionId, VersionKey } from '../../../schemas/ids.ts';
import type { FakeExecute } from '../../support/fake-worker.ts';
import { GatewayBench, type GatewayBenchOptions } from '../../support/gateway-bench.ts';
import { ask, errorCodeOf } from '../../support/raw-http.ts';
import { deferred, until } from '../../support/waiting.ts';

const never: FakeExecute = () => new Promise(() => undefined);

describe('Gateway failover', () => {
  let bench: GatewayBench;
  const start = async (options?: GatewayBenchOptions): Promise<GatewayBench> =>
    (bench = await GatewayBench.start(options));
  afterEach(() => bench.close());

  it('F26 retries on another replica what a dying worker was executing and what it had not begun', async () => {
    await start({ workers: 2, manifest: { batching: { maxBatchSize: 4 } } });
    bench.workers[0]!.execute = never;
    const answers = Array.from({ length: 40 }, (_, i) => ask(bench.port, '/echo', String(i)));
    await until(() => bench.workers[0]!.batches.length > 0);
    await bench.workers[0]!.die();
    const bodies = (await Promise.all(answers)).map(
      (answer) => (assert.equal(answer.status, 200, answer.body), answer.body),
    );
    assert.deepEqual(
      bodies.map(Number),
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  it('does not retry what was executing when the service is not idempotent, and says so', async () => {
    await start({ workers: 2, manifest: { idempotent: false } });
    for (const worker of bench.workers) worker.execute = never;
    const lost = ask(bench.port, '/echo', 'x');
    await until(() => bench.workers.some((worker) => worker.batches.length > 0));
    const executing = bench.workers.find((worker) => worker.batches.length > 0)!;
    await executing.die();
    assert.equal(errorCodeOf(await lost), 'replica_lost');
    assert.equal(bench.workers.flatMap((worker) => worker.batches).length, 1);
  });

  it('F27 gives the work of a silent worker to another and drops its late answer', async () => {
    await start({ workers: 2, manifest: { health: { silenceMs: 1200 } } });
    const late = deferred();
    const [frozen, healthy] = bench.workers as [(typeof bench.workers)[0], (typeof bench.workers)[0]];
    frozen.answersPings = false;
    frozen.execute = async (items) => {
      await late.promise;
      return items.map(() => ({ body: 'late' }));
    };
    const answers = [ask(bench.port, '/echo', 'a'), ask(bench.port, '/echo', 'b')];
    await until(() => frozen.batches.length > 0 || healthy.batches.length > 1);
    if (frozen.batches.length === 0) answers.push(ask(bench.port, '/echo', 'c'));
    for (const answer of await Promise.all(answers)) assert.notEqual(answer.body, 'late');
    frozen.answersPings = true;
    late.resolve();
    frozen.execute = (items) => items.map((item) => ({ body: item.body }));
    await until(() => bench.gateway.load(bench.route.key).concurrency === 0);
    const after = await Promise.all(Array.from({ length: 8 }, (_, i) => ask(bench.port, '/echo', `after ${i}`)));
    assert.deepEqual(
      after.map((answer) => answer.body),
      Array.from({ length: 8 }, (_, i) => `after ${i}`),
    );
  });

  it('refuses with 429 and Retry-After when the queue is full, and answers what it accepted', async () => {
    const gate = deferred();
    await start({
      manifest: { batching: { maxBatchSize: 1, maxQueue: 3 } },
      execute: async (items) => {
        await gate.promise;
        return items.map((item) => ({ body: item.body }));
      },
    });
    const first = ask(bench.port, '/echo', 'first');
    await until(() => bench.workers[0]!.batches.length === 1);
    const rest = Array.from({ length: 6 }, (_, i) => ask(bench.port, '/echo', String(i)));
    const refused = await Promise.race(rest);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    gate.resolve();
    const statuses = (await Promise.all([first, ...rest])).map((answer) => answer.status);
    assert.ok(statuses.filter((status) => status === 200).length >= 4, statuses.join());
    assert.ok(statuses.every((status) => status === 200 || status === 429));
  });

  it('answers 504 when the deadline passes, and never executes what expired while waiting', async () => {
    const gate = deferred();
    await start({
      manifest: { batching: { maxBatchSize: 1 } },
      execute: async (items) => {
        await gate.promise;
        return items.map((item) => ({ body: item.body }));
      },
    });
    const answers = Array.from({ length: 5 }, () => ask(bench.port, '/echo', 'x', { 'x-slipway-timeout-ms': '60' }));
    for (const answer of await Promise.all(answers)) assert.equal(errorCodeOf(answer), 'deadline_exceeded');
    gate.resolve();
    assert.equal((await ask(bench.port, '/echo', 'y')).body, 'y');
    const executed = bench.workers[0]!.batches.flat().filter((item) => item.body.toString() === 'x').length;
    assert.ok(executed <= 2, `only what was sent before the deadline: ${executed}`);
    assert.equal(
      errorCodeOf(await ask(bench.port, '/echo', 'x', { 'x-slipway-timeout-ms': 'soon' })),
      'request_malformed',
    );
  });

  it('F19 quarantines an input that killed three workers, and leaves its neighbours unharmed', async () => {
    await start({ workers: 4, manifest: { batching: { maxBatchSize: 8 } } });
    for (const worker of bench.workers) {
      worker.execute = async (items) => {
        if (!items.some((item) => item.body.toString() === 'killer')) return items.map((item) => ({ body: item.body }));
        await worker.die();
        await worker.listen();
        return undefined;
      };
    }
    const neighbours = Array.from({ length: 7 }, (_, i) => ask(bench.port, '/echo', `n${i}`));
    assert.equal((await ask(bench.port, '/echo', 'killer')).status, 502);
    for (const [i, answer] of (await Promise.all(neighbours)).entries()) assert.equal(answer.body, `n${i}`);
    await ask(bench.port, '/echo', 'killer');
    await until(() => bench.quarantined.length === 1);
    assert.equal(errorCodeOf(await ask(bench.port, '/echo', 'killer')), 'request_quarantined');
    assert.equal((await ask(bench.port, '/echo', 'harmless')).body, 'harmless');
  });

  it('holds requests while replicas are expected, and refuses them when none is', async () => {
    await start({ expected: true });
    const replicas = bench.route.replicas;
    bench.publish({ replicas: [] });
    const held = ask(bench.port, '/echo', 'held');
    await until(() => bench.gateway.load(bench.route.key).concurrency === 1);
    bench.publish({ replicas });
    assert.equal((await held).body, 'held');
    bench.publish({
      replicas: [],
      expected: false,
      reason: { code: 'load_failed', message: 'load_model raised ValueError' },
    });
    const refused = await ask(bench.port, '/echo', 'x');
    assert.equal(refused.status, 503);
    assert.match(refused.body, /load_model raised ValueError/);
  });

  it('ends its links to a draining replica only after its last answer', async () => {
    const gate = deferred();
    await start({
      execute: async (items) => {
        await gate.promise;
        return items.map((item) => ({ body: item.body }));
      },
    });
    const last = ask(bench.port, '/echo', 'last');
    await until(() => bench.workers[0]!.batches.length === 1);
    bench.publish({ replicas: bench.route.replicas.map((replica) => ({ ...replica, state: 'draining' })) });
    assert.equal(bench.workers[0]!.links, 2);
    gate.resolve();
    assert.equal((await last).body, 'last');
    await until(() => bench.workers[0]!.links === 0);
  });

  it('moves what waits in a version that loses its replicas to the version that has the traffic now', async () => {
    await start({ workers: 2, expected: true });
    const v1 = bench.route;
    const v2 = {
      ...v1,
      id: 'v2' as VersionId,
      name: 'beta',
      key: 'echo-v2-00000000' as VersionKey,
      replicas: v1.replicas.slice(1),
    };
    bench.publish({ replicas: [] });
    const waiting = ask(bench.port, '/echo', 'waiting');
    const pinned = ask(bench.port, '/echo@v1', 'pinned');
    await until(() => bench.gateway.load(v1.key).concurrency === 2);
    bench.publishAll([v2, { ...v1, replicas: [], expected: false }]);
    const moved = await waiting;
    assert.equal(moved.body, 'waiting');
    assert.equal(moved.headers['x-slipway-version'], 'v2');
    assert.equal((await pinned).status, 503);
  });

  it('drains on close: what is in flight is answered, what comes is refused', async () => {
    const gate = deferred();
    await start({
      execute: async (items) => {
        await gate.promise;
        return items.map((item) => ({ body: item.body }));
      },
    });
    const inFlight = ask(bench.port, '/echo', 'in flight');
    await until(() => bench.workers[0]!.batches.length === 1);
    const closed = bench.gateway.close();
    await assert.rejects(ask(bench.port, '/echo', 'new'));
    gate.resolve();
    assert.equal((await inFlight).body, 'in flight');
    await closed;
  });
});
