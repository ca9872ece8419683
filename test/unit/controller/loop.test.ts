import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as commands from '../../../emulator/controller/commands.ts';
import { scale } from '../../../emulator/controller/scale-command.ts';
import { SlipwayError } from '../../../emulator/common/errors.ts';
import type { Reason } from '../../../schemas/errors.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { digest, manifest, mnist, uid } from '../../support/manifests.ts';

const broken: Reason = { code: 'load_failed', message: 'SyntaxError: line 3' };

describe('the controller loop', () => {
  it('brings a task up and tells each step', async () => {
    const world = new ControlWorld();
    world.loop.start([]);
    await world.create({ replicas: 2 });
    assert.equal(world.state, 'deploying');
    assert.equal(world.route.versions[0]!.expected, true, 'requests wait for the first replica');
    assert.equal(world.split, 'v1:1');
    const before = world.clock.now();
    await world.clock.advanceAsync(1000);
    assert.equal(world.state, 'ready');
    assert.equal(world.split, 'v1:2');
    assert.equal(world.record.firstReadyAt, before + 10);
    assert.deepEqual(
      world.told('task.state').map((body) => body.kind === 'task.state' && body.state),
      ['deploying', 'ready'],
    );
    assert.equal(world.told('version.created').length, 1);
    assert.equal(world.told('replica.state').length, 4);
    assert.equal(world.clock.pending, 0, 'no timer runs while nothing is to be done');
  });

  it('keeps a first version that does not load as failed with its reason, and mends it by an update', async () => {
    const world = new ControlWorld();
    world.loop.start([]);
    world.engine.failLoads(digest(1), broken);
    await world.create();
    await world.clock.advanceAsync(10_000);
    assert.equal(world.state, 'failed');
    assert.deepEqual(world.route.reason, broken);
    assert.deepEqual(world.engine.snapshot().replicas, []);
    await world.change((record) => commands.update(record, { bundle: digest(2), manifest: manifest() }, 0));
    await world.clock.advanceAsync(1000);
    assert.equal(world.state, 'ready');
    assert.equal(world.split, 'v2:1');
    assert.deepEqual(world.record.history, [], 'a version that never served is nothing to go back to');
  });

  it('tries a failed first version again at start', async () => {
    const world = new ControlWorld();
    world.loop.start([]);
    world.engine.failLoads(digest(1), broken);
    await world.create();
    await world.clock.advanceAsync(1000);
    world.engine.failLoads(digest(1), undefined);
    await world.change((record) => commands.start(record, world.clock.now()));
    await world.clock.advanceAsync(1000);
    assert.equal(world.state, 'ready');
  });

  it('lets requests wait while a killed replica comes back', async () => {
    const world = await new ControlWorld().deployed(1);
    for (let death = 0; death < 5; death++) {
      world.engine.kill(world.engine.in('ready')[0]!);
      assert.equal(world.state, 'degraded');
      assert.equal(world.route.versions[0]!.expected, true);
      assert.equal(world.ready(1), 0);
      await world.clock.advanceAsync(1000);
      assert.equal(world.state, 'ready');
    }
    assert.equal(world.told('replica.exited').length, 5);
  });

  it('refuses at once when no replica can be placed, and says why', async () => {
    const world = new ControlWorld();
    world.loop.start([]);
    world.engine.hold();
    await world.create();
    const reason: Reason = { code: 'cannot_place', message: 'needs 1 GPU, node-1 has 0 of 0 free' };
    world.engine.set(world.engine.in('starting')[0]!, 'placing', reason);
    assert.equal(world.route.versions[0]!.expected, false);
    assert.deepEqual(world.route.versions[0]!.reason, reason);
    assert.equal(world.version(1).state, 'starting');
    assert.deepEqual(world.version(1).reason, reason);
  });

  it('is degraded while some of its replicas are in trouble', async () => {
    const world = await new ControlWorld().deployed(2);
    world.engine.kill(world.engine.in('ready')[0]!);
    assert.equal(world.state, 'degraded');
    assert.equal(world.split, 'v1:1');
  });

  it('stops, and starts again with its run time going on', async () => {
    const world = await new ControlWorld().deployed(2);
    const { firstReadyAt } = world.record;
    await world.change(commands.stop);
    assert.equal(world.state, 'stopped');
    assert.equal(world.split, '');
    assert.equal(world.route.reason?.code, 'no_replica');
    assert.equal(world.version(1).state, 'draining');
    await world.clock.advanceAsync(1000);
    assert.equal(world.version(1).state, 'retired');
    assert.ok(world.engine.orders.includes(`remove mnist-v1-${uid}`), 'a stopped task holds no warm process');
    await world.change((record) => commands.start(record, world.clock.now()));
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v1:2');
    assert.equal(world.record.firstReadyAt, firstReadyAt);
  });

  it('shows a new version as starting while replicas that drain still hold its place', async () => {
    const world = await new ControlWorld().deployed(2);
    await world.change((record) => scale(record, 1, undefined));
    await world.change((record) =>
      commands.update(record, { bundle: digest(2), manifest: manifest(), replicas: 1 }, world.clock.now()),
    );
    const states = world
      .told('version.state')
      .flatMap((body) => (body.kind === 'version.state' && body.version === 'v2' ? [body.state] : []));
    assert.equal(states[0], 'starting', states.join(' '));
    await world.clock.advanceAsync(1000);
    assert.equal(world.version(2).ready, 1);
  });

  it('is idle with no replicas', async () => {
    const world = await new ControlWorld().deployed(2);
    await world.change((record) => scale(record, 0, undefined));
    await world.clock.advanceAsync(1000);
    assert.equal(world.state, 'idle');
    assert.equal(world.version(1).state, 'active');
    assert.equal(world.route.reason?.code, 'no_replica');
    await world.change((record) => scale(record, 3, undefined));
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v1:3');
    assert.equal(world.told('scaled').length, 2);
  });

  it('drains a deleted task before its record goes, and its name is free at once', async () => {
    const world = await new ControlWorld().deployed(1);
    await world.change(commands.remove);
    assert.equal(world.engine.in('draining').length, 1);
    assert.throws(() => world.loop.task(mnist), { code: 'task_not_found' });
    assert.equal(world.saved.size, 1);
    const wanted = { bundle: digest(1), manifest: manifest() };
    await world.loop.create(commands.create(mnist, 'aaaaaaaa', wanted, 0));
    await world.clock.advanceAsync(1000);
    assert.deepEqual([...world.saved.keys()], ['aaaaaaaa']);
    assert.equal(world.split, 'v1:1');
    assert.equal(world.route.versions[0]!.key, 'mnist-v1-aaaaaaaa');
    assert.equal(world.told('task.deleted').length, 1);
  });

  it('refuses a second task of one name, also at the same moment', async () => {
    const world = new ControlWorld();
    world.loop.start([]);
    const outcomes = await Promise.allSettled([world.create(), world.create()]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await assert.rejects(world.create(), { code: 'task_exists' });
  });

  it('F29 leaves everything as it is when a command cannot be written', async () => {
    const world = await new ControlWorld().deployed(2);
    const { record } = world;
    world.failWrites = new SlipwayError('disk_full', 'no space left');
    await assert.rejects(world.change(commands.stop), { code: 'disk_full' });
    assert.equal(world.record, record);
    assert.equal(world.split, 'v1:2');
    world.failWrites = undefined;
    await world.change(commands.stop);
    assert.equal(world.state, 'stopped');
  });

  it('F29 goes on with a rollout while the disk is full, and writes it when it can', async () => {
    const world = await new ControlWorld().deployed(2);
    await world.change((record) =>
      commands.update(record, { bundle: digest(2), manifest: manifest() }, world.clock.now()),
    );
    world.failWrites = new SlipwayError('disk_full', 'no space left');
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v2:2');
    assert.equal(world.saved.get(uid)!.active, 'v1');
    world.failWrites = undefined;
    await world.clock.advanceAsync(6000);
    assert.equal(world.saved.get(uid)!.active, 'v2');
  });

  it('keeps the last ten versions and gives up the bundles of older ones', async () => {
    const world = await new ControlWorld().deployed(1);
    for (let number = 2; number <= 14; number++) {
      const wanted = { bundle: digest(number), manifest: manifest() };
      await world.change((record) => commands.update(record, wanted, world.clock.now()));
      await world.clock.advanceAsync(40_000);
    }
    const ids = world.record.versions.map(({ id }) => id);
    assert.equal(ids.length, 10);
    assert.equal(ids[0], 'v5');
    const live = world.pruned.at(-1)!;
    assert.ok(live.has(digest(5)) && live.has(digest(14)) && !live.has(digest(4)));
    assert.ok(world.engine.snapshot().versions.length <= 2, 'only the version to go back to stays prepared');
  });

  it('passes on what services print, with a mark where lines were dropped', async () => {
    const world = await new ControlWorld().deployed(1);
    world.engine.print(world.engine.in('ready')[0]!, 'hello', 812);
    const { lines } = world.logs.page(mnist, {});
    assert.deepEqual(
      lines.map(({ text, stream, version }) => `${version} ${stream} ${text}`),
      ['v1 platform … 812 lines dropped', 'v1 stdout hello'],
    );
  });

  it('is brought back by a restart as it was written', async () => {
    const world = await new ControlWorld().deployed(3);
    const { record } = world;
    await world.restart();
    assert.equal(world.state, 'deploying');
    await world.clock.advanceAsync(1000);
    assert.equal(world.split, 'v1:3');
    assert.deepEqual(world.record, record);
  });
});
