// Bad inputs, leaving clients, slow and failing replicas, on the way through a whole platform with real workers.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ask, errorCodeOf } from '../../support/raw-http.ts';
import { CommandPlatform } from '../../support/command-platform.ts';
import { until } from '../../support/waiting.ts';

const portOf = ({ inference }: CommandPlatform): number => Number(new URL(inference).port);

const concurrency = async ({ client }: CommandPlatform, task: string): Promise<number> => {
  const { versions } = await client.call('getTask', { params: { task } });
  return versions.reduce((sum, { load }) => sum + load.concurrency, 0);
};

/** Waits while the file `gate` says so, and answers each item with itself; `bad` raises. */
const gated = (gate: string): string => `
import os, time

class Gated:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        while os.path.exists(${JSON.stringify(gate)}):
            time.sleep(0.01)
        with open(${JSON.stringify(`${gate}.journal`)}, 'ab') as journal:
            for item in data:
                journal.write(bytes(item)[:40] + b'\\n')
        if any(bytes(item) == b'bad' for item in data):
            raise ValueError('the item at fault')
        return [bytes(item) for item in data]
`;

async function withGate(
  manifest: object,
  use: (world: {
    platform: CommandPlatform;
    port: number;
    shut: () => void;
    open: () => void;
    journal: () => string[];
  }) => Promise<void>,
): Promise<void> {
  await CommandPlatform.with({}, async (platform) => {
    const gate = join(platform.folder, 'gate');
    await platform.deploy('gated', gated(gate), manifest);
    const file = `${gate}.journal`;
    const open = (): void => rmSync(gate, { force: true });
    try {
      await use({
        platform,
        port: portOf(platform),
        shut: () => writeFileSync(gate, ''),
        open,
        journal: () => (existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(0, -1) : []),
      });
    } finally {
      open();
    }
  });
}

describe('a whole platform', () => {
  it('fails one bad input in 50 of full batches alone, and none of its neighbours', () =>
    withGate({ batching: { maxBatchSize: 50, maxQueue: 1_000 } }, async ({ platform, port, shut, open, journal }) => {
      shut();
      const first = ask(port, '/gated', 'first');
      await until(async () => (await concurrency(platform, 'gated')) === 1);
      // All of these wait while the first executes, so that they are taken fifty at a time.
      const bodies = Array.from({ length: 500 }, (_, i) => (i % 50 === 17 ? 'bad' : `good ${i}`));
      const asked = bodies.map((body) => ask(port, '/gated', body));
      await until(async () => (await concurrency(platform, 'gated')) === 501, 30_000);
      open();
      const answers = await Promise.all(asked);
      assert.equal((await first).status, 200);
      for (const [i, answer] of answers.entries()) {
        if (bodies[i] === 'bad') assert.deepEqual([answer.status, errorCodeOf(answer)], [500, 'service_raised']);
        else assert.deepEqual([answer.status, answer.body], [200, bodies[i]]);
      }
      const batches = answers.map(({ headers }) => headers['x-slipway-batch']);
      assert.ok(batches.filter((items) => items === '50').length >= 450, `batches of ${[...new Set(batches)].join()}`);
      assert.ok(journal().length > 500, 'halves were executed again');
    })).timeout(90_000);

  it('F10: clients that reset in the middle of the body, of the wait or of the answer leave nothing behind', () =>
    withGate({ batching: { maxBatchSize: 1, maxQueue: 100 } }, async ({ platform, port, shut, open, journal }) => {
      const send = async (text: string): Promise<() => void> => {
        const socket = connect(port, '127.0.0.1');
        await new Promise<void>((resolve) => socket.once('connect', resolve));
        await new Promise<void>((resolve) => socket.write(text, () => resolve()));
        return () => void socket.resetAndDestroy();
      };
      const head = (length: number): string =>
        `POST /gated HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${length}\r\n\r\n`;
      const middle = await Promise.all(Array.from({ length: 20 }, () => send(`${head(1000)}only the beginning`)));
      for (const reset of middle) reset();
      shut();
      const executing = await send(`${head(9)}executing`);
      await until(async () => (await concurrency(platform, 'gated')) === 1);
      const waiting = await Promise.all(Array.from({ length: 20 }, () => send(`${head(7)}waiting`)));
      await until(async () => (await concurrency(platform, 'gated')) >= 21);
      for (const reset of [...waiting, executing]) reset();
      // The one that executes, and one that is on its way to the replica already.
      await until(async () => (await concurrency(platform, 'gated')) <= 2);
      open();
      // An answer of many bytes, of which the client reads none.
      const large = 'x'.repeat(4 << 20);
      const unread = connect(port, '127.0.0.1');
      unread.pause();
      unread.write(head(large.length) + large);
      await until(() => journal().includes(large.slice(0, 40)));
      unread.resetAndDestroy();
      await until(async () => (await concurrency(platform, 'gated')) === 0);
      assert.equal((await ask(port, '/gated', 'after')).body, 'after');
      const executed = journal().filter((line) => line === 'waiting').length;
      assert.ok(executed <= 1, `${executed} requests were executed for clients that had left`);
      const view = await platform.client.call('getTask', { params: { task: 'gated' } });
      assert.equal(view.replicas[0]!.restarts, 0);
    })).timeout(60_000);

  it('F24: gives one replica of four that is ten times slower a small share, and ejects nobody', () =>
    CommandPlatform.with({}, async (platform) => {
      const source = `
import time

class Even:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        time.sleep(0.02)
        return [bytes(item) for item in data]
`;
      await platform.deploy('even', source, { replicas: 4, batching: { maxBatchSize: 1, maxBatchDelayMs: 0 } });
      const { replicas } = await platform.client.call('getTask', { params: { task: 'even' } });
      const slow = replicas[0]!.id;
      await platform.must('fault', 'inject', 'slow', slow, '--factor', '10');
      const counts = new Map<string, number>(replicas.map(({ id }) => [id, 0]));
      const client = async (): Promise<void> => {
        for (let i = 0; i < 50; i++) {
          const answer = await ask(portOf(platform), '/even', 'x');
          assert.equal(answer.status, 200, answer.body);
          const by = answer.headers['x-slipway-replica'] as string;
          counts.set(by, counts.get(by)! + 1);
        }
      };
      await Promise.all(Array.from({ length: 6 }, client));
      for (const [id, count] of counts)
        if (id !== slow) assert.ok(counts.get(slow)! * 2 < count, JSON.stringify([...counts]));
      const after = await platform.client.call('getTask', { params: { task: 'even' } });
      assert.ok(after.replicas.every(({ restarts, state }) => restarts === 0 && state === 'ready'));
      assert.doesNotMatch(await platform.must('events'), /ejected/);
    })).timeout(60_000);

  it('F25: answers every second request with its own error, and leaves out or restarts no replica for it', () =>
    CommandPlatform.with({}, async (platform) => {
      const source = `
class Half:
    def load_model(self):
        self.calls = 0

    def execute(self, data, batch_size):
        self.calls += 1
        if self.calls % 2 == 0:
            raise ValueError('every second one')
        return [bytes(item) for item in data]
`;
      // Not executed twice, so that each call is one request.
      const manifest = { replicas: 2, idempotent: false, batching: { maxBatchSize: 1, maxBatchDelayMs: 0 } };
      await platform.deploy('half', source, manifest);
      const seen = new Map<string, number>();
      const statuses = new Map<number, number>();
      for (let i = 0; i < 200; i++) {
        const { status, headers, body } = await ask(portOf(platform), '/half', String(i));
        if (status === 500)
          assert.equal((JSON.parse(body) as { error: { code: string } }).error.code, 'service_raised');
        else assert.equal(body, String(i));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const by = headers['x-slipway-replica'] as string;
        seen.set(by, (seen.get(by) ?? 0) + 1);
      }
      assert.deepEqual([...statuses.keys()].sort(), [200, 500]);
      assert.ok(Math.abs(statuses.get(500)! - 100) <= 2, JSON.stringify([...statuses]));
      assert.ok(seen.size === 2 && [...seen.values()].every((count) => count > 50), JSON.stringify([...seen]));
      const { replicas } = await platform.client.call('getTask', { params: { task: 'half' } });
      assert.ok(replicas.every(({ restarts, state }) => restarts === 0 && state === 'ready'));
      assert.doesNotMatch(await platform.must('events'), /ejected/);
    })).timeout(60_000);
});
