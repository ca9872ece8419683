import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'mocha';
import { SlipwayClient } from '../../../emulator/client/client.ts';
import type { PlatformEvent } from '../../../schemas/events.ts';
import { ControlSite, token } from '../../support/control-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { digest, mnist } from '../../support/manifests.ts';
import { sendRaw } from '../../support/raw-http.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

const request = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:PORT\r\nauthorization: Bearer ${token}\r\n${more}\r\n`;

const ids = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

const withSite = (use: (site: ControlSite) => Promise<void>, clock?: FakeClock): Promise<void> =>
  inTemporaryFolder((folder) => ControlSite.with({ folder, ...(clock === undefined ? {} : { clock }) }, use));

describe('event streams', () => {
  it('are followed by the client from where it was, with nothing lost or twice', () =>
    withSite(async (site) => {
      const client = new SlipwayClient({ control: site.url, token });
      const stop = new AbortController();
      const seen: PlatformEvent[] = [];
      const from = site.events.next;
      const reading = (async () => {
        for await (const event of client.events({ from, signal: stop.signal })) seen.push(event);
      })();
      await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) });
      await until(() => seen.some(({ body }) => body.kind === 'task.state' && body.state === 'ready'));
      stop.abort();
      await reading;
      await client.close();
      assert.deepEqual(
        seen.map(({ seq }) => seq),
        seen.map((_, index) => from + index),
      );
    }));

  it('go on after the last event that a client names', () =>
    withSite(async (site) => {
      const first = site.events.next;
      for (let count = 0; count < 5; count++) site.events.publish({ kind: 'platform.stopping' });
      const ask = (more: string, query = ''): Promise<string> =>
        sendRaw(site.port, request(`/api/v1/events?follow=true${query}`, more).replace('PORT', String(site.port)), 100);
      assert.deepEqual(ids(await ask(`last-event-id: ${first + 2}\r\n`)), [first + 3, first + 4]);
      assert.deepEqual(ids(await ask('', `&from=${first + 4}`)), [first + 4]);
      assert.deepEqual(ids(await ask('', '&limit=2')), [first + 3, first + 4]);
      assert.deepEqual(ids(await ask('')), [], 'without a number, only what comes next');
      assert.match(await ask('last-event-id: nonsense\r\n'), /400 Bad Request/);
    }));

  it('page by number as well', () =>
    withSite(async (site) => {
      const first = site.events.next;
      for (let count = 0; count < 5; count++) site.events.publish({ kind: 'platform.stopping' });
      const page = JSON.parse((await site.ask('GET', `/api/v1/events?from=${first + 1}&limit=2`)).body) as {
        events: PlatformEvent[];
        next: number;
      };
      assert.deepEqual(
        page.events.map(({ seq }) => seq),
        [first + 1, first + 2],
      );
      assert.equal(page.next, first + 3);
    }));

  it('carry what one task printed, and that of one replica', () =>
    withSite(async (site) => {
      await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1), replicas: 2 });
      await until(() => site.engine.in('ready').length === 2);
      const [one, two] = site.engine.in('ready');
      site.engine.print(one!, 'from one');
      site.engine.print(two!, 'from two');
      const path = `/api/v1/tasks/mnist/logs?follow=true&from=0&replica=${two!}`;
      const text = await sendRaw(site.port, request(path).replace('PORT', String(site.port)), 100);
      assert.match(text, /from two/);
      assert.doesNotMatch(text, /from one/);
      assert.equal((await site.ask('GET', '/api/v1/tasks/nobody/logs')).status, 404);
    }));

  it('beat while a client is there, and only then', async () => {
    const clock = new FakeClock();
    await withSite(async (site) => {
      const idle = clock.pending;
      let text = '';
      const socket = connect({ port: site.port, host: '127.0.0.1' });
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.write(request('/api/v1/events?follow=true').replace('PORT', String(site.port)));
      await until(() => text.includes('text/event-stream'));
      clock.advance(15_000);
      await until(() => text.includes(': alive'));
      socket.destroy();
      await until(() => clock.pending === idle);
    }, clock);
  });

  it('F8 drop a client that never reads, and keep nothing for it', async () => {
    const clock = new FakeClock();
    await withSite(async (site) => {
      await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) });
      await until(() => site.engine.in('ready').length === 1);
      const [replica] = site.engine.in('ready');
      const lazy = connect({ port: site.port, host: '127.0.0.1' });
      let closed = false;
      lazy.on('close', () => (closed = true)).on('error', () => undefined);
      lazy.pause();
      lazy.write(request('/api/v1/tasks/mnist/logs?follow=true').replace('PORT', String(site.port)));
      await until(() => clock.pending > 0);
      for (let line = 0; line < 300; line++) {
        site.engine.print(replica!, 'x'.repeat(100_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(site.logs.page(mnist, {}).lines.length < 30, 'the ring is bounded by bytes');
      for (let beat = 0; beat < 4; beat++) clock.advance(15_000);
      lazy.resume();
      await until(() => closed);
    }, clock);
  });

  it('end when the server closes', async () => {
    let ended = false;
    await withSite(async (site) => {
      const socket = connect({ port: site.port, host: '127.0.0.1' });
      socket.on('end', () => (ended = true)).on('data', () => undefined);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.write(request('/api/v1/events?follow=true').replace('PORT', String(site.port)));
      await until(() => text.includes('text/event-stream'));
    });
    await until(() => ended);
  });
});
