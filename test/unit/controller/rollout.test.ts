import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as commands from '../../../emulator/controller/commands.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { digest, manifest } from '../../support/manifests.ts';
import type { Reason } from '../../../schemas/errors.ts';

const broken: Reason = { code: 'load_failed', message: 'ValueError: no weights', traceback: 'Traceback …' };
const killed: Reason = { code: 'replica_killed', message: 'The worker was ended by SIGSEGV.' };

/** Version 2, of bundle 2. */
async function update(world: ControlWorld, more: Partial<commands.NewVersion> = {}): Promise<void> {
  const wanted = { bundle: digest(2), manifest: manifest(), ...more };
  await world.change((record) => commands.update(record, wanted, world.clock.now()));
}

describe('a rollout', () => {
  it('replaces replicas one at a time, and serves with no fewer at any moment', async () => {
    const world = await new ControlWorld().deployed(3);
    let fewest = Infinity;
    let most = 0;
    world.engine.watch({
      snapshot: ({ replicas }) => {
        fewest = Math.min(fewest, replicas.filter(({ state }) => state === 'ready').length);
        most = Math.max(most, replicas.length);
      },
      output: () => undefined,
      exited: () => undefined,
    });
    await update(world);
    const splits = new Set<string>();
    for (let ms = 0; ms < 200; ms++) {
      await world.clock.advanceAsync(1);
      splits.add(world.split);
    }
    assert.deepEqual([fewest, most], [3, 4]);
    assert.deepEqual([...splits], ['v1:3', 'v1:2 v2:1', 'v1:1 v2:2', 'v2:3']);
    assert.equal(world.record.active, 'v2');
    assert.equal(world.version(1).state, 'retired');
    assert.equal(world.version(2).state, 'active');
  });

  it('names only replicas that serve or drain in the route', async () => {
    const world = await new ControlWorld().deployed(1);
    await update(world);
    await world.clock.advanceAsync(10);
    const states = world.route.versions.map(({ replicas }) => replicas.map(({ state }) => state));
    assert.deepEqual(states, [['draining'], ['ready']]);
    assert.equal(world.split, 'v2:1');
  });

  it('returns by itself when the new version fails to load, and the old one never lost a replica', async () => {
    const world = await new ControlWorld().deployed(2);
    world.engine.failLoads(digest(2), broken);
    await update(world);
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v1:2');
    assert.equal(world.record.rollout, undefined);
    assert.deepEqual(world.version(2).reason, broken);
    assert.equal(world.version(2).state, 'failed');
    assert.equal(world.state, 'ready');
    const [returned] = world.told('rollout.returned');
    assert.ok(returned?.kind === 'rollout.returned');
    assert.equal(returned.reason.code, 'rollout_failed');
    assert.equal(returned.reason.traceback, broken.traceback);
    assert.equal(returned.to, 'v1');
    assert.deepEqual(world.engine.in('ready').length, 2);
  });

  it('lets a start fail twice for other reasons, and not three times', async () => {
    const world = await new ControlWorld().deployed(1);
    world.engine.hold();
    await update(world);
    const [starting] = world.engine.in('starting');
    for (const times of [1, 2]) {
      world.engine.set(starting!, 'loading');
      world.engine.kill(starting!);
      assert.equal(world.version(2).state, 'starting', `after ${times}`);
      await world.clock.advanceAsync(500);
    }
    world.engine.kill(starting!);
    assert.equal(world.version(2).state, 'failed');
    assert.equal(world.version(2).reason?.code, killed.code);
    assert.equal(world.split, 'v1:1');
  });

  it('returns when preparation fails', async () => {
    const world = await new ControlWorld().deployed(1);
    const reason: Reason = { code: 'environment_failed', message: 'no such package' };
    world.engine.hold();
    world.engine.prepare(digest(2), { state: 'preparing', progress: 'Resolving 3 packages' });
    await update(world);
    assert.equal(world.version(2).state, 'preparing');
    assert.equal(world.told('version.progress').length, 1);
    world.engine.prepare(digest(2), { state: 'failed', reason });
    assert.deepEqual(world.version(2).reason, reason);
    assert.equal(world.state, 'ready');
  });

  it('bakes for 30 s and then lets go of the old version', async () => {
    const world = await new ControlWorld().deployed(1);
    await update(world);
    await world.clock.advanceAsync(5_000);
    assert.equal(world.record.rollout?.phase, 'baking');
    assert.equal(world.state, 'ready');
    await world.clock.advanceAsync(30_000);
    assert.equal(world.record.rollout, undefined);
    assert.equal(world.clock.pending, 0, 'no timer is left');
  });

  it('returns when the new version fails significantly more requests within the bake time', async () => {
    const world = await new ControlWorld().deployed(2);
    world.traffic(1, 5000, 5);
    await update(world);
    await world.clock.advanceAsync(2000);
    assert.equal(world.split, 'v2:2');
    world.traffic(2, 90, 30);
    await world.clock.advanceAsync(2000);
    assert.equal(world.split, 'v1:2');
    assert.equal(world.record.active, 'v1');
    assert.equal(world.version(2).reason?.code, 'rollout_error_rate');
    assert.match(world.version(2).reason!.message, /v2 failed 30 of 120 requests, v1 5 of 5005/);
    assert.deepEqual(world.record.history, []);
  });

  it('judges no error rate of a version that is deployed to be debugged, and takes it back when it does not start', async () => {
    const world = await new ControlWorld().deployed(2);
    world.traffic(1, 5000, 5);
    await update(world, { bake: false });
    await world.clock.advanceAsync(2000);
    assert.equal(world.record.rollout, undefined, 'nothing is awaited');
    world.traffic(2, 0, 120);
    await world.clock.advanceAsync(40_000);
    assert.equal(world.split, 'v2:2');
    assert.equal(world.version(2).reason, undefined);
    world.engine.failLoads(digest(3), broken);
    await update(world, { bundle: digest(3), bake: false });
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:2');
    assert.deepEqual(world.version(3).reason, broken);
  });

  it('F31 a clock that is set back an hour does not prolong the bake', async () => {
    const world = await new ControlWorld().deployed(1);
    await update(world);
    await world.clock.advanceAsync(1000);
    const bakeUntil = world.clock.now() + 3_600_000;
    await world.change((record) => ({
      record: { ...record, rollout: { ...record.rollout!, bakeUntil } },
      events: [],
    }));
    await world.clock.advanceAsync(31_000);
    assert.equal(world.record.rollout, undefined);
  });

  it('F31 a clock that is set an hour ahead does not end the bake, and a bad version still returns', async () => {
    const world = await new ControlWorld().deployed(2);
    world.traffic(1, 5000, 5);
    await update(world);
    await world.clock.advanceAsync(5_000);
    world.clock.jump(3_600_000);
    await world.clock.advanceAsync(2_000);
    assert.equal(world.record.rollout?.phase, 'baking');
    world.traffic(2, 90, 30);
    await world.clock.advanceAsync(2_000);
    assert.equal(world.split, 'v1:2');
  });

  it('holds a canary at its share until it is activated', async () => {
    const world = await new ControlWorld().deployed(2);
    await update(world, { canary: 10 });
    await world.clock.advanceAsync(60_000);
    assert.equal(world.split, 'v1:90 v2:10');
    assert.equal(world.record.active, 'v1');
    assert.equal(world.ready(1), 2);
    assert.equal(world.state, 'ready');
    await world.change((record) => commands.activate(record, 'v2', world.clock.now()));
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:2');
  });

  it('gives the canary up for a newer version, and the old one serves meanwhile', async () => {
    const world = await new ControlWorld().deployed(2);
    await update(world, { canary: 50 });
    await world.clock.advanceAsync(1000);
    await update(world, { bundle: digest(3) });
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v3:2');
    assert.deepEqual(world.record.history, ['v1']);
    assert.equal(world.version(2).state, 'retired');
  });

  it('goes on after a restart in its middle', async () => {
    const world = await new ControlWorld().deployed(3);
    await update(world);
    await world.clock.advanceAsync(12);
    assert.equal(world.split, 'v1:2 v2:1');
    await world.restart();
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:3');
    assert.equal(world.record.active, 'v2');
  });

  it('replaces a version of which nothing comes up', async () => {
    const world = await new ControlWorld().deployed(2);
    world.engine.failLoads(digest(1), broken);
    for (const id of world.engine.in('ready')) world.engine.kill(id);
    await world.clock.advanceAsync(600);
    assert.equal(world.state, 'failed');
    await update(world);
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:2');
    assert.equal(world.state, 'ready');
  });
});

describe('going back', () => {
  it('gives up a rollout that has not reached the traffic', async () => {
    const world = await new ControlWorld().deployed(2);
    world.engine.hold();
    await update(world);
    await world.change((record) => commands.rollback(record, world.clock.now()));
    await world.clock.advanceAsync(100);
    assert.equal(world.split, 'v1:2');
    assert.equal(world.record.rollout, undefined);
    assert.equal(world.version(2).state, 'retired');
  });

  it('goes through the earlier versions one by one, without a moment of fewer replicas', async () => {
    const world = await new ControlWorld().deployed(1);
    for (const number of [2, 3]) {
      await update(world, { bundle: digest(number) });
      await world.clock.advanceAsync(60_000);
    }
    for (const expected of ['v2', 'v1']) {
      await world.change((record) => commands.rollback(record, world.clock.now()));
      for (let ms = 0; ms < 100; ms++) {
        await world.clock.advanceAsync(1);
        assert.ok(world.ready(1) + world.ready(2) + world.ready(3) >= 1);
      }
      assert.equal(world.split, `${expected}:1`);
      assert.equal(world.record.active, expected);
    }
    await assert.rejects(
      world.change((record) => commands.rollback(record, world.clock.now())),
      { code: 'nothing_to_roll_back' },
    );
  });

  it('keeps what serves when the version that it should go to does not come up', async () => {
    const world = await new ControlWorld().deployed(1);
    await update(world);
    await world.clock.advanceAsync(60_000);
    world.engine.failLoads(digest(1), broken);
    await world.change((record) => commands.rollback(record, world.clock.now()));
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:1');
    assert.equal(world.record.active, 'v2');
    assert.equal(world.version(1).state, 'failed');
  });
});
