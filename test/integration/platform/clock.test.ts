// A whole platform, in this process so that its clock is the test's: the wall clock jumps, the machine sleeps for hours.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { connect } from '../../../emulator/client/local-platform.ts';
import type { SlipwayClient } from '../../../emulator/client/client.ts';
import { systemClock } from '../../../emulator/common/clock.ts';
import { createLogger } from '../../../emulator/common/log.ts';
import { parseFlags } from '../../../emulator/platform/flags.ts';
import { Platform } from '../../../emulator/platform/platform.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { slipwayJson } from '../../support/command-line.ts';
import { writeEcho } from '../../support/echo-service.ts';
import { ask } from '../../support/raw-http.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';

const hour = 3_600_000;

interface World {
  readonly folder: string;
  readonly client: SlipwayClient;
  readonly port: number;
  readonly clock: ShiftedClock;
  /** Lines of warnings and errors that it logged. */
  readonly log: readonly string[];
  slipway(...words: string[]): Promise<unknown>;
}

/** @param flags of the platform */
function inThisProcess(flags: readonly string[], use: (world: World) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const home = join(folder, 'home');
    const clock = new ShiftedClock();
    const log: string[] = [];
    const platform = new Platform({
      flags: parseFlags(['--home', home, '--port', '0', '--control-port', '0', ...flags]),
      clock,
      log: createLogger((line) => log.push(line), systemClock.now, 'warn'),
      onShutdown: () => undefined,
    });
    try {
      const info = await platform.start();
      const client = await connect(info);
      const slipway = (...words: string[]): Promise<unknown> => slipwayJson(words, { home, cwd: folder });
      await use({ folder, client, port: Number(new URL(info.inference).port), clock, log, slipway });
      await client.close();
    } finally {
      await platform.close();
    }
  });
}

const viewOf = ({ client }: World): Promise<TaskView> => client.call('getTask', { params: { task: 'echo' } });

async function serves({ port }: World): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(port, '/echo', `body ${i}`)));
  for (const [i, { status, body }] of answers.entries()) {
    assert.deepEqual([status, body], [200, Array.from(`body ${i}`).reverse().join('')]);
  }
}

const kindsSince = async ({ client }: World, from: number): Promise<string[]> =>
  (await client.call('listEvents', { query: { from } })).events.map(({ body }) => body.kind);

const nextEvent = async ({ client }: World): Promise<number> => (await client.call('listEvents', {})).next;

describe('F31: a platform whose clock jumps', () => {
  it('by an hour and back, while requests are executed: their deadlines, replicas and rollouts do not care', () =>
    inThisProcess([], async (world) => {
      const { folder, port } = world;
      await world.slipway('deploy', await writeEcho(folder, 'echo', { replicas: 2, config: { delay: 0.3 } }));
      const before = await viewOf(world);
      for (const ms of [hour, -2 * hour, hour]) {
        const from = await nextEvent(world);
        const executing = Array.from({ length: 4 }, (_, i) => ask(port, '/echo', `jump ${i}`));
        // Only the wall clock jumps: the steady one is the system's.
        await world.slipway('fault', 'inject', 'clockJump', 'platform', '--ms', String(ms));
        for (const answer of await Promise.all(executing)) assert.equal(answer.status, 200, answer.body);
        await serves(world);
        const kinds = (await kindsSince(world, from)).filter((kind) => kind !== 'fault.injected');
        assert.deepEqual(kinds, []);
      }
      const after = await viewOf(world);
      assert.deepEqual(
        after.replicas.map(({ id, pid, restarts, state }) => [id, pid, restarts, state]),
        before.replicas.map(({ id, pid, restarts, state }) => [id, pid, restarts, state]),
      );
      await world.slipway('fault', 'inject', 'clockJump', 'platform', '--ms', String(-hour));
      await world.slipway('update', 'echo', await writeEcho(folder, 'echo', { replicas: 2 }, 'second'));
      assert.equal((await viewOf(world)).activeVersion, 'v2');
      await serves(world);
    })).timeout(60_000);

  it('by a sleep of 8 hours: what waited is answered or has expired, what was idle serves, nobody is blamed', () =>
    inThisProcess([], async (world) => {
      const { folder, port, clock } = world;
      const limits = { timeouts: { deadlineMs: 20_000 }, batching: { maxBatchSize: 1 } };
      await world.slipway(
        'deploy',
        await writeEcho(folder, 'echo', { replicas: 2, config: { delay: 0.5 }, ...limits }),
      );
      const before = await viewOf(world);
      const from = await nextEvent(world);
      const waiting = Array.from({ length: 6 }, (_, i) => ask(port, '/echo', `sleep ${i}`));
      await until(async () => (await viewOf(world)).versions.some(({ load }) => load.concurrency >= 6));
      clock.forward(8 * hour);
      // Each got one answer: its own, or that its deadline has passed; none is left without.
      for (const { status } of await Promise.all(waiting)) assert.ok(status === 200 || status === 504, String(status));
      await serves(world);
      const after = await viewOf(world);
      assert.deepEqual(
        after.replicas.map(({ id, pid, restarts, state }) => [id, pid, restarts, state]),
        before.replicas.map(({ id, pid, restarts, state }) => [id, pid, restarts, state]),
      );
      const kinds = await kindsSince(world, from);
      for (const kind of kinds) assert.doesNotMatch(kind, /ejected|exited|lost|frozen|failed|scaled|returned/);
      assert.deepEqual(world.log, []);
    })).timeout(60_000);

  it('by a sleep in which a replica waits for its restart and a rollout is on trial: both come to their end', () =>
    inThisProcess([], async (world) => {
      const { folder, clock } = world;
      await world.slipway('deploy', await writeEcho(folder, 'echo', { replicas: 2 }));
      await world.slipway('update', 'echo', await writeEcho(folder, 'echo', { replicas: 2 }, 'second'));
      const [victim] = (await viewOf(world)).replicas;
      // Dead several times in a row, so that it is left alone for seconds before the next start.
      for (let death = 0; death < 3; death++) {
        const now = (await viewOf(world)).replicas.find(({ id }) => id === victim!.id)!;
        process.kill(now.pid!, 'SIGKILL');
        const gone = async (): Promise<boolean> =>
          (await viewOf(world)).replicas.some(({ id, state }) => id === victim!.id && state === 'failed');
        await until(gone, 10_000);
        if (death < 2)
          await until(async () => (await viewOf(world)).replicas.every(({ state }) => state === 'ready'), 20_000);
      }
      clock.forward(8 * hour);
      await serves(world);
      await until(async () => (await viewOf(world)).replicas.every(({ state }) => state === 'ready'), 20_000);
      await until(async () => (await viewOf(world)).state === 'ready', 20_000);
      const view = await viewOf(world);
      assert.equal(view.activeVersion, 'v2');
      assert.equal(view.replicas.find(({ id }) => id === victim!.id)!.restarts, 3);
      await serves(world);
    })).timeout(90_000);
});
