import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PlatformEvent } from '../../../schemas/events.ts';
import { ClosedLoop, post } from '../../support/closed-loop.ts';
import { CommandPlatform, sleeper } from '../../support/command-platform.ts';
import { until } from '../../support/waiting.ts';

const task = 'sleeper';
const limitMs = 60_000;

async function ready({ client }: CommandPlatform): Promise<number> {
  const view = await client.call('getTask', { params: { task } });
  return view.versions.at(-1)!.replicas.ready;
}

async function decisions({ client }: CommandPlatform): Promise<PlatformEvent[]> {
  return (await client.call('listDecisions', { params: { task } })).events;
}

describe('scaling on the real platform', () => {
  it('follows a step from one to three replicas’ worth of load in one or two decisions, and stays there', () =>
    CommandPlatform.with({ fast: true }, async (platform) => {
      // Long enough that the clients' own slowness on a busy machine takes little from what is in flight.
      await platform.deploy(task, sleeper(300), { scaling: { max: 6, targetConcurrency: 8 } });
      const loops = [new ClosedLoop(`${platform.inference}/${task}`, 8)];
      try {
        await until(() => loops[0]!.tally.answered > 40, limitMs);
        assert.deepEqual(await decisions(platform), [], 'one replica’s worth is one replica');
        loops.push(new ClosedLoop(`${platform.inference}/${task}`, 16));
        await until(async () => (await ready(platform)) === 3, limitMs);
        const atThree = loops[1]!.tally.answered;
        await until(() => loops[1]!.tally.answered > atThree + 200, limitMs);
      } finally {
        await Promise.all(loops.map((loop) => loop.stop()));
      }
      assert.deepEqual(
        loops.map(({ tally }) => [...tally.statuses.keys()]),
        [[200], [200]],
      );
      const made = await decisions(platform);
      assert.ok(made.length <= 2, JSON.stringify(made));
      assert.match(
        await platform.must('events', '--why', task),
        /sleeper v1 replicas \d -> 3: \d+ in flight over \d s, target 8\n/,
      );
    }));

  it('sleeps when idle, holds the requests that wake it, and answers all of them', () =>
    CommandPlatform.with({ fast: true }, async (platform) => {
      await platform.deploy(task, sleeper(5), { scaling: { min: 0, max: 3, idleMs: 1_000, targetConcurrency: 30 } });
      const idle = async (): Promise<boolean> =>
        (await platform.client.call('getTask', { params: { task } })).state === 'idle';
      for (let round = 0; round < 2; round++) {
        await until(idle, limitMs);
        const held = Array.from({ length: 50 }, () => post(`${platform.inference}/${task}`, 'x'));
        assert.deepEqual(new Set(await Promise.all(held)), new Set([200]));
      }
      const why = await platform.must('events', '--why', task);
      assert.match(why, /1 -> 0: no request for 1 s\n/);
      assert.match(why, /0 -> [12]: \d+ requests? waiting\n/);
    }));

  it('keeps a number set by hand until it is given back', () =>
    CommandPlatform.with({ fast: true }, async (platform) => {
      await platform.deploy(task, sleeper(5), { scaling: { min: 0, idleMs: 1_000 } });
      await platform.must('scale', task, '2');
      assert.equal(await ready(platform), 2);
      const mode = async (): Promise<string | undefined> =>
        (await platform.client.call('getTask', { params: { task } })).versions[0]!.scaling?.mode;
      assert.equal(await mode(), 'manual');
      await platform.must('scale', task, '--auto', '--set', 'min=1', 'max=2');
      assert.equal(await mode(), 'auto');
      await until(async () => (await ready(platform)) === 1, limitMs);
      const wrong = await platform.slipway('scale', task, '--auto', '--set', 'mx=2');
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /there is no setting "mx"/);
    }));
});
