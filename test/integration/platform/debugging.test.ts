// A real debugpy on a real replica: where it stops, what it sees, and what the platform does with it meanwhile.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { TaskView } from '../../../schemas/tasks.ts';
import { DebugClient, type AdapterPlace } from '../../support/debug-client.ts';
import { LivePlatform } from '../../support/live-platform.ts';
import { until } from '../../support/waiting.ts';

const loadLine = 3;
const executeLine = 7;
const source = `class Service:
    def load_model(self):
        self.factor = 2
        self.loaded = True

    def execute(self, data, batch_size):
        total = len(data)
        return [int(item) * self.factor for item in data]
`;
const brief = { batching: { maxBatchSize: 8 }, timeouts: { drainMs: 500 } };
/** A frozen worker is replaced after ten seconds. */
const longerThanSilenceMs = 10_500;

interface Debugged {
  readonly platform: LivePlatform;
  readonly place: AdapterPlace & { readonly bundle: string };
  readonly debug: DebugClient;
}

function debugging(use: (debugged: Debugged) => Promise<void>): Promise<void> {
  return LivePlatform.with({}, async (platform) => {
    const folder = await platform.service('number', source, brief);
    const place = await platform.json<AdapterPlace & { bundle: string }>('debug', folder);
    const debug = new DebugClient(place);
    try {
      await use({ platform, place, debug });
    } finally {
      await debug.close();
    }
  });
}

/** The task with its next replica debugged from the first line on. */
async function start(
  { platform, place, debug }: Debugged,
  lines: readonly number[],
  token = debug.token,
): Promise<void> {
  const { port, ready } = await debug.attach('main.py', lines);
  const order = { path: place.debugger, port, token };
  await platform.client.call('debug', { params: { task: 'number' }, body: order });
  await platform.client.call('createTask', { body: { task: 'number', bundle: place.bundle, replicas: 1 } });
  if (token === debug.token) await ready;
}

async function inState(platform: LivePlatform, state: TaskView['replicas'][number]['state']): Promise<string> {
  await until(async () => (await platform.task('number')).replicas.some((replica) => replica.state === state), 60_000);
  return (await platform.task('number')).replicas.find((replica) => replica.state === state)!.id;
}

describe('debugging a replica', function () {
  this.timeout(240_000);

  it('stops in load_model and in execute with the real batch, and nobody loses patience', () =>
    debugging(async (debugged) => {
      const { platform, debug } = debugged;
      await start(debugged, [loadLine, executeLine]);
      const loading = await debug.stopped();
      assert.equal((await debug.stack(loading.threadId)).frames[0], `main.py:${String(loadLine)} load_model`);
      await inState(platform, 'loading');
      await debug.resume(loading.threadId);
      await inState(platform, 'ready');

      const deadline = { 'x-slipway-deadline-ms': '3000' };
      const first = platform.post('number', '1', deadline);
      const alone = await debug.stopped();
      const { frames, top } = await debug.stack(alone.threadId);
      assert.equal(frames[0], `main.py:${String(executeLine)} execute`);
      assert.equal(await debug.evaluate('data', top), "[b'1']");
      const paused = await inState(platform, 'paused');

      const others = ['2', '3', '4'].map((body) => platform.post('number', body, deadline));
      const since = performance.now();
      await platform.client.call('scale', { params: { task: 'number' }, body: { replicas: 2 } });
      assert.deepEqual(
        (await Promise.all(others)).map(({ status, body }) => [status, body]),
        [
          [200, '4'],
          [200, '6'],
          [200, '8'],
        ],
        'another replica serves',
      );
      await until(() => performance.now() - since > longerThanSilenceMs, 60_000);
      const { replicas } = await platform.task('number');
      assert.deepEqual(replicas.find(({ id }) => id === paused)?.state, 'paused');
      assert.deepEqual(
        replicas.map(({ restarts }) => restarts),
        [0, 0],
      );
      await platform.client.call('scale', { params: { task: 'number' }, body: { replicas: 1 } });
      await until(async () => (await platform.task('number')).replicas.length === 1, 60_000);

      // All that waits meanwhile becomes one batch.
      const waiting = ['5', '6', '7'].map((body) => platform.post('number', body, deadline));
      await debug.resume(alone.threadId);
      assert.deepEqual(await first, { status: 200, body: '2' });
      const together = await debug.stopped();
      const { top: frame } = await debug.stack(together.threadId);
      assert.equal(await debug.evaluate('data', frame), "[b'5', b'6', b'7']");
      assert.equal(await debug.evaluate('[item.request_id for item in data] != []', frame), 'True');
      await debug.request('next', { threadId: together.threadId });
      const stepped = await debug.stopped();
      assert.equal(await debug.evaluate('total * self.factor', (await debug.stack(stepped.threadId)).top), '6');
      await debug.resume(stepped.threadId);
      assert.deepEqual(
        (await Promise.all(waiting)).map(({ body }) => body),
        ['10', '12', '14'],
      );
      await inState(platform, 'ready');
    }));

  it('is waited for when its version is replaced, however long that takes', () =>
    debugging(async (debugged) => {
      const { platform, debug } = debugged;
      await start(debugged, [executeLine]);
      await inState(platform, 'ready');
      const held = platform.post('number', '4', { 'x-slipway-deadline-ms': '3000' });
      const { threadId } = await debug.stopped();
      const id = await inState(platform, 'paused');
      const folder = await platform.service('number', source.replace('self.factor = 2', 'self.factor = 3'), brief);
      const deployed = await platform.json<{ version: string }>('deploy', folder);
      assert.deepEqual(await platform.post('number', '4'), { status: 200, body: '12' }, deployed.version);
      const since = performance.now();
      await until(() => performance.now() - since > 5 * brief.timeouts.drainMs, 60_000);
      const draining = (await platform.task('number')).replicas.find((replica) => replica.id === id);
      assert.equal(draining?.state, 'draining');
      await debug.resume(threadId);
      assert.deepEqual(await held, { status: 200, body: '8' });
      await until(async () => !(await platform.task('number')).replicas.some((replica) => replica.id === id), 60_000);
    }));

  it('does not hold up the end of its platform: what it holds is answered and ends at once, and so is what waits', () =>
    debugging(async (debugged) => {
      const { platform, debug } = debugged;
      await start(debugged, [executeLine]);
      await inState(platform, 'ready');
      const held = platform.post('number', '4');
      await debug.stopped();
      const id = await inState(platform, 'paused');
      const waiting = platform.post('number', '5');
      await until(async () => (await platform.task('number')).versions[0]?.load.concurrency === 2, 60_000);
      const down = await platform.json<{ state: string; held: string[] }>('down');
      assert.deepEqual(down, { state: 'stopped', held: [id] });
      const [first, second] = await Promise.all([held, waiting]);
      assert.equal(first.status, 502);
      assert.match(first.body, /a debugger held replica number-\S+ when its platform ended/);
      assert.equal(second.status, 503, second.body);
    }));

  it('F26 is over for the replica when its adapter is killed, and can begin again on the same one', () =>
    debugging(async (debugged) => {
      const { platform, place, debug } = debugged;
      await start(debugged, [executeLine]);
      await inState(platform, 'ready');
      const held = platform.post('number', '4');
      await debug.stopped();
      const id = await inState(platform, 'paused');
      debug.kill();
      assert.deepEqual(await held, { status: 200, body: '8' });
      await inState(platform, 'ready');
      const again = new DebugClient(place);
      try {
        const { port, ready } = await again.attach('main.py', [executeLine]);
        const body = { path: place.debugger, port, token: again.token, replica: id };
        await platform.client.call('debug', { params: { task: 'number' }, body });
        await ready;
        const second = platform.post('number', '5');
        const { threadId } = await again.stopped();
        assert.equal(await again.evaluate('data', (await again.stack(threadId)).top), "[b'5']");
        await again.request('disconnect', {});
        assert.deepEqual(await second, { status: 200, body: '10' });
        const { replicas } = await platform.task('number');
        assert.deepEqual(
          replicas.map((one) => [one.id, one.restarts]),
          [[id, 1]],
          'it was started anew for the second time',
        );
      } finally {
        await again.close();
      }
    }));

  it('stops in execute with the very batch that went wrong, when it is executed again', () =>
    LivePlatform.with({}, async (platform) => {
      await platform.deploy('number', source);
      assert.equal((await platform.post('number', 'seven')).status, 500);
      const failed = { task: 'number', order: 'failed', limit: 1 } as const;
      const { batches } = await platform.client.call('listBatches', { query: failed });
      const place = await platform.json<AdapterPlace & { file: string }>('rerun', batches[0]!.id, '--debugger');
      const debug = new DebugClient(place, '');
      try {
        await debug.launch({
          module: 'slipway.rerun',
          args: [place.file, '--stop', '--once'],
          python: place.python,
          cwd: place.folder,
          env: { PYTHONPATH: place.runtime },
          console: 'internalConsole',
          rules: [{ path: `${place.runtime}/**`, include: false }],
        });
        const { threadId } = await debug.stopped();
        const { frames, top } = await debug.stack(threadId);
        assert.equal(frames[0], `main.py:${String(executeLine - 1)} execute`);
        assert.equal(await debug.evaluate('data', top), "[b'seven']");
        await debug.resume(threadId);
        await debug.event('terminated');
        assert.equal(existsSync(place.file), false);
      } finally {
        await debug.close();
      }
    }));

  it('is refused to an adapter that does not know the token, and to a debugger from elsewhere', () =>
    debugging(async (debugged) => {
      const { platform, place } = debugged;
      await start(debugged, [loadLine, executeLine], '0f'.repeat(16));
      await platform.settled('number', 1);
      assert.deepEqual(await platform.post('number', '4'), { status: 200, body: '8' });
      const body = { path: join(place.debugger, '..', '..', '..', '..', '..', '..'), port: 9, token: '0f'.repeat(16) };
      await assert.rejects(
        platform.client.call('debug', { params: { task: 'number' }, body }),
        /path: expected a folder/,
      );
    }));
});
