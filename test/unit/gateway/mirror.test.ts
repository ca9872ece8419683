// Copies of requests: compared, counted, dropped when there is no room, and never felt by the original.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { sameBody } from '../../../emulator/gateway/mirror.ts';
import type { VersionId } from '../../../schemas/ids.ts';
import { echo } from '../../support/fake-worker.ts';
import { GatewayBench } from '../../support/gateway-bench.ts';
import { ask } from '../../support/raw-http.ts';
import { deferred, until } from '../../support/waiting.ts';

describe('Mirroring', () => {
  let bench: GatewayBench;
  beforeEach(async () => {
    bench = await GatewayBench.start({ workers: 2, manifest: { batching: { maxBatchSize: 4, maxBatchDelayMs: 0 } } });
    publish(100);
    await until(async () => (await ask(bench.port, '/echo@v2', 'warm')).status === 200);
    bench.workers[1]!.batches.length = 0;
  });
  afterEach(() => bench.close());

  const publish = (percent: number): void =>
    bench.publishAll([bench.versionOf(1, 0, 1), bench.versionOf(2, 1, 2)], {
      mirror: { version: 'v2' as VersionId, percent },
    });
  const counts = (): object | undefined => bench.gateway.load(bench.versionOf(2, 1, 2).key).mirror;
  const copies = (): number => bench.workers[1]!.batches.flat().length;

  it('sends the share that was asked for, marked as copies, and counts what is the same', async () => {
    publish(25);
    for (let i = 0; i < 40; i++) {
      const answer = await ask(bench.port, '/echo', `body ${i}`);
      assert.deepEqual([answer.body, answer.headers['x-slipway-version']], [`body ${i}`, 'v1']);
      await until(() => copies() === Math.floor((i + 1) / 4));
    }
    await until(() => JSON.stringify(counts()) === '{"matched":10,"mismatched":0,"skipped":0,"dropped":0}');
    assert.ok(bench.workers[1]!.batches.flat().every(({ meta }) => meta.endsWith('\nx-slipway-mirror: 1')));
    assert.ok(bench.workers[0]!.batches.flat().every(({ meta }) => !meta.includes('mirror')));
  });

  it('counts what differs, and reports it once in ten seconds', async () => {
    bench.workers[1]!.execute = (items) => items.map(({ body }, i) => ({ body: `${body.toString()}${i}!` }));
    for (let i = 0; i < 5; i++) {
      await ask(bench.port, '/echo', 'x');
      await until(() => (counts() as { mismatched: number } | undefined)?.mismatched === i + 1);
    }
    const reports = bench.reports.filter(({ kind }) => kind === 'mismatch');
    assert.equal(reports.length, 1);
    assert.ok(reports[0]?.kind === 'mismatch' && reports[0].count === 1);
    assert.deepEqual(reports[0].statuses, [200, 200]);
  });

  it('never slows the original: what a hanging mirror cannot take is dropped', async () => {
    const hanging = deferred();
    bench.workers[1]!.execute = async (items) => {
      await hanging.promise;
      return items.map(({ body }) => ({ body }));
    };
    for (let i = 0; i < 30; i++) assert.equal((await ask(bench.port, '/echo', 'x')).status, 200);
    await until(() => (counts() as { dropped: number } | undefined)?.dropped === 30 - 1 - 8);
    hanging.resolve();
    await until(() => (counts() as { matched: number } | undefined)?.matched === 9);
  });

  it('never fails the original: a mirror that dies loses its copies alone', async () => {
    bench.workers[1]!.execute = () => {
      bench.workers[1]!.reset();
      return undefined;
    };
    for (let i = 0; i < 10; i++) assert.equal((await ask(bench.port, '/echo', 'x')).status, 200);
    await until(() => (counts() as { dropped: number } | undefined)?.dropped === 10);
    assert.deepEqual(
      bench.reports.filter(({ kind }) => kind === 'quarantined'),
      [],
    );
    assert.equal(bench.gateway.load(bench.route.key).errorRate, 0);
  });

  it('lets requests of the mirroring version itself go first', async () => {
    const first = deferred();
    bench.workers[1]!.execute = async (items) => {
      await first.promise;
      return items.map(({ body }) => ({ body }));
    };
    await ask(bench.port, '/echo', 'copied 1');
    await until(() => copies() === 1);
    await ask(bench.port, '/echo', 'copied 2');
    const own = ask(bench.port, '/echo@v2', 'own');
    await until(() => bench.gateway.load(bench.versionOf(2, 1, 2).key).concurrency === 2);
    bench.workers[1]!.execute = echo;
    first.resolve();
    assert.equal((await own).body, 'own');
    await until(() => copies() === 3);
    assert.deepEqual(
      bench.workers[1]!.batches.flat().map(({ body }) => body.toString()),
      ['copied 1', 'own', 'copied 2'],
    );
  });
});

describe('Answers to an original and its copy', () => {
  it('are the same when they are the same JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        assert.ok(sameBody(Buffer.from(JSON.stringify(value)), Buffer.from(JSON.stringify(value, undefined, 2)))),
      ),
    );
    assert.ok(sameBody(Buffer.from('{"a":1,"b":[2]}'), Buffer.from('{"b": [2], "a": 1}')));
  });

  it('differ when a number, a name, an order or a byte differs', () => {
    const pairs = [
      ['1', '2'],
      ['{"a":1}', '{"b":1}'],
      ['[1,2]', '[2,1]'],
      ['[]', '{}'],
      ['{"__proto__":1}', '{"a":1}'],
      ['abc', 'abd'],
      ['', '0'],
    ] as const;
    for (const [one, other] of pairs) assert.equal(sameBody(Buffer.from(one), Buffer.from(other)), false, one);
  });
});
