// What the API server of Kubernetes does when it is busy or was away, played by a server of the test's own.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Lease } from '../../../emulator/cluster/lease.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { KubeWatch } from '../../../emulator/engine/kubernetes/watch.ts';
import { KubeObject } from '../../../schemas/cluster.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { say, withServer } from '../../support/kube-server.ts';
import { until } from '../../support/waiting.ts';

const thing = (name: string, resourceVersion: string): object => ({ metadata: { name, resourceVersion } });

describe('the API of Kubernetes', () => {
  it('F39 sends again after 429 and 500, and not after 409', async () => {
    const answers = [429, 500, 503, 200];
    let asked = 0;
    await withServer(
      (request, response) => {
        if (request.url === '/conflict') return say(response, 409, { reason: 'Conflict', message: 'changed' });
        say(response, answers[asked++] ?? 200, { ok: true }, { 'retry-after': '0' });
      },
      async (api) => {
        assert.deepEqual(await api.send({ method: 'GET', path: '/thing' }), { ok: true });
        assert.equal(asked, 4);
        await assert.rejects(api.send({ method: 'PUT', path: '/conflict', body: {} }), { status: 409 });
      },
    );
  });

  it('F39 gives up after several attempts, with an error that says what does not answer', () =>
    withServer(
      (_request, response) => say(response, 500, {}, { 'retry-after': '0' }),
      async (api) => {
        const asked = api.send({ method: 'GET', path: '/thing', attempts: 2 });
        await assert.rejects(asked, { code: 'kubernetes_unavailable' });
      },
    ));

  it('F39 is not believed what it says of nodes for some time after it was away', async () => {
    const clock = new FakeClock();
    let status = 200;
    await withServer(
      (_request, response) => say(response, status, {}),
      async (api) => {
        const ask = (): Promise<unknown> => api.send({ method: 'GET', path: '/thing', attempts: 1 });
        const left = (): number => api.doubtLeft;
        await ask();
        status = 500;
        await assert.rejects(ask());
        clock.advance(30_000);
        assert.equal(left(), 0);
        // It says no, but it answers.
        status = 404;
        await assert.rejects(ask(), { status: 404 });
        assert.ok(left() > 0);
        clock.advance(left());
        assert.equal(left(), 0);
      },
      clock,
    );
  });

  it('F39 lists anew when the place of a watch is gone, and goes on from its place when a watch breaks', async () => {
    const asked: string[] = [];
    let lists = 0;
    await withServer(
      (request, response) => {
        const url = new URL(request.url ?? '', 'http://x');
        const from = url.searchParams.get('resourceVersion');
        asked.push(url.searchParams.has('watch') ? `watch ${from}` : 'list');
        if (!url.searchParams.has('watch')) {
          lists++;
          const items = lists === 1 ? [thing('a', '1')] : [thing('b', '20')];
          return say(response, 200, { metadata: { resourceVersion: lists === 1 ? '10' : '20' }, items });
        }
        response.writeHead(200, { 'content-type': 'application/json' });
        if (from === '10') {
          response.write(`${JSON.stringify({ type: 'ADDED', object: thing('c', '11') })}\n`);
          // The connection breaks.
          setTimeout(() => response.destroy(), 20);
        } else if (from === '11') {
          response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
        }
      },
      async (api) => {
        const options = { api, schema: KubeObject, clock: systemClock, log: silentLogger, changed: () => undefined };
        const removed: string[] = [];
        const told = (thing: KubeObject): void => void removed.push(thing.metadata.name);
        const watch = new KubeWatch({ ...options, path: '/things', removed: told });
        await watch.synced;
        await until(() => watch.get('b') !== undefined && watch.get('a') === undefined);
        assert.deepEqual(removed, ['a', 'c']);
        assert.deepEqual(asked.slice(0, 4), ['list', 'watch 10', 'watch 11', 'list']);
        await watch.close();
      },
    );
  });

  it('lets one of two lead, and the other one when the first does not renew', async () => {
    let lease: { metadata: { resourceVersion: string }; spec?: object } | undefined;
    let version = 0;
    await withServer(
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          if (request.method === 'GET') {
            return lease === undefined ? say(response, 404, {}) : say(response, 200, lease);
          }
          const sent = JSON.parse(Buffer.concat(chunks).toString()) as NonNullable<typeof lease>;
          const isStale = lease !== undefined && sent.metadata.resourceVersion !== lease.metadata.resourceVersion;
          if (isStale) return say(response, 409, {});
          lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(++version) } };
          say(response, 200, lease);
        });
      },
      async (api) => {
        const about = { api, name: 'controller', clock: systemClock, log: silentLogger, durationMs: 300 };
        const [one, other] = [new Lease({ ...about, holder: 'one' }), new Lease({ ...about, holder: 'other' })];
        const stop = new AbortController();
        await one.acquire(stop.signal);
        const end = new AbortController();
        const held = one.hold(end.signal);
        let otherLeads = false;
        const waits = other.acquire(stop.signal).then(() => (otherLeads = true));
        await new Promise((resolve) => setTimeout(resolve, 900));
        assert.equal(otherLeads, false, 'the first one renews');
        end.abort(new Error('gone'));
        await held;
        await waits;
        const lost = new AbortController();
        await one.hold(lost.signal);
      },
    );
  });
});
