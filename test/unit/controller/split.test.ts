import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as commands from '../../../emulator/controller/commands.ts';
import { clearSplit, setSplit } from '../../../emulator/controller/split-commands.ts';
import { parseMirror, parseSticky, parseWeights } from '../../../emulator/cli/split-words.ts';
import { ControlWorld } from '../../support/control-world.ts';
import { digest, manifest } from '../../support/manifests.ts';
import { SetSplit, type SetSplit as Wanted } from '../../../schemas/split.ts';

const soon = 1000;
const afterBake = 40_000;

/** v1 serves as alpha; v2, beta, waits. */
async function twoVersions(replicas = 2): Promise<ControlWorld> {
  const world = await new ControlWorld().deployed(replicas);
  await update(world, { name: 'beta', traffic: false });
  return world;
}

async function update(world: ControlWorld, more: Partial<commands.NewVersion> = {}): Promise<void> {
  const wanted = { bundle: digest(2), manifest: manifest(), ...more };
  await world.change((record) => commands.update(record, wanted, world.clock.now()));
}

async function split(world: ControlWorld, weights: Record<string, number>, more: Partial<Wanted> = {}): Promise<void> {
  await world.change((record) => setSplit(record, SetSplit.parse({ weights, ...more })));
}

describe('a split', () => {
  it('brings each version up with replicas of its own, and keeps the traffic where it was until then', async () => {
    const world = await twoVersions();
    assert.equal(world.split, 'v1:2');
    assert.equal(world.version(2).wanted, 0);
    await split(world, { v1: 80, beta: 20 });
    assert.equal(world.split, 'v1:80', 'v2 does not serve yet');
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:80 v2:20');
    assert.deepEqual([world.ready(1), world.ready(2)], [2, 2]);
    assert.equal(world.record.active, 'v1');
    assert.equal(world.state, 'ready');
    const [told] = world.told('split.changed');
    assert.ok(told?.kind === 'split.changed' && told.text === 'v1=80 v2=20');
  });

  it('stands across restarts of the platform', async () => {
    const world = await twoVersions();
    await split(world, { v1: 70, v2: 30 }, { sticky: { by: 'header', name: 'X-User' } });
    await world.restart();
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:70 v2:30');
    assert.deepEqual(world.route.sticky?.key, { by: 'header', name: 'x-user' });
  });

  it('lets a version without a share go only when all that have one serve', async () => {
    const world = await twoVersions();
    world.engine.hold();
    await split(world, { beta: 100 });
    assert.equal(world.split, 'v1:100');
    assert.equal(world.record.active, 'v2');
    for (const id of world.engine.in('starting')) world.engine.set(id, 'ready');
    assert.equal(world.split, 'v2:100');
    await world.clock.advanceAsync(soon);
    assert.equal(world.version(1).state, 'retired');
  });

  it('gives the share of a version that has no replica to the others', async () => {
    const world = await twoVersions(1);
    await split(world, { v1: 80, v2: 20 });
    await world.clock.advanceAsync(soon);
    world.engine.kill(world.route.versions[1]!.replicas[0]!.id);
    assert.equal(world.split, 'v1:80');
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:80 v2:20');
  });

  it('keeps its other seats as they are while the active one is updated', async () => {
    const world = await twoVersions(2);
    await split(world, { v1: 80, v2: 20 });
    await world.clock.advanceAsync(soon);
    await update(world, { bundle: digest(3) });
    const shares = new Set<number>();
    for (let ms = 0; ms < 100; ms++) {
      await world.clock.advanceAsync(1);
      const total = world.route.split.reduce((sum, { weight }) => sum + weight, 0);
      shares.add(world.route.split.find(({ version }) => version === 'v2')!.weight / total);
    }
    assert.deepEqual([...shares], [0.2]);
    assert.equal(world.split, 'v3:80 v2:20');
    assert.equal(world.route.split[0]?.seat, 'v1', 'sticky keys stay with the seat');
    await world.clock.advanceAsync(afterBake);
    await world.change((record) => commands.rollback(record, world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:80 v2:20', 'a rollback undoes the update first');
    await world.change((record) => commands.rollback(record, world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:2', 'and then the split');
  });

  it('takes a canary of its active seat, which returns by itself when it fails', async () => {
    const world = await twoVersions(2);
    await split(world, { v1: 80, v2: 20 });
    await world.clock.advanceAsync(soon);
    await update(world, { bundle: digest(3), canary: 10 });
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:720 v3:80 v2:200');
    world.traffic(1, 5000, 5);
    world.traffic(3, 60, 40);
    await world.clock.advanceAsync(6_000);
    assert.equal(world.split, 'v1:80 v2:20');
    assert.equal(world.version(3).state, 'failed');
  });

  it('ends when a version is activated, and stands again when that one does not come up', async () => {
    const world = await twoVersions(2);
    await split(world, { v1: 80, v2: 20 });
    await world.clock.advanceAsync(soon);
    await update(world, { bundle: digest(3), traffic: false });
    world.engine.failLoads(digest(3), { code: 'load_failed', message: 'no' });
    await world.change((record) => commands.activate(record, 'v3', world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:80 v2:20');
    assert.equal(world.told('rollout.returned').length, 1);
    await world.change((record) => commands.activate(record, 'beta', world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v2:2');
    assert.deepEqual([world.record.active, world.record.split, world.record.history], ['v2', undefined, ['v1']]);
  });

  it('is cleared to its heaviest version', async () => {
    const world = await twoVersions(1);
    await split(world, { v1: 30, v2: 70 });
    await world.clock.advanceAsync(soon);
    await world.change((record) => clearSplit(record, world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v2:1');
    assert.deepEqual(world.record.history, ['v1']);
    await assert.rejects(
      world.change((record) => clearSplit(record, world.clock.now())),
      /no split to end/,
    );
  });

  it('is kept while the task is stopped', async () => {
    const world = await twoVersions(1);
    await split(world, { v1: 1, v2: 1 });
    await world.clock.advanceAsync(soon);
    await world.change(commands.stop);
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, '');
    await world.change((record) => commands.start(record, world.clock.now()));
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:1 v2:1');
  });

  it('runs a mirror that answers nobody', async () => {
    const world = await twoVersions(1);
    await split(world, { v1: 100 }, { mirror: { version: 'beta', percent: 10 } });
    await world.clock.advanceAsync(soon);
    assert.equal(world.split, 'v1:100');
    assert.deepEqual(world.route.mirror, { version: 'v2', percent: 10 });
    assert.equal(world.ready(2), 1);
    assert.equal(world.version(2).state, 'ready');
  });
});

describe('F35 a split that cannot be', () => {
  it('is refused when no weight is above 0, a version is unknown or named twice, or mirrors itself', async () => {
    const world = await twoVersions(1);
    await assert.rejects(split(world, { v1: 0, v2: 0 }), /no version of the split.* above 0/i);
    await assert.rejects(split(world, {}), /above 0/);
    await assert.rejects(split(world, { gamma: 1 }), /no version gamma; it has v1, v2 \(beta\)/);
    await assert.rejects(split(world, { v2: 1, beta: 1 }), /names v2 twice/);
    await assert.rejects(split(world, { v1: 1 }, { mirror: { version: 'v1', percent: 1 } }), /all the traffic/);
    assert.equal(world.record.split, undefined);
  });

  it('is refused by the API when a weight is negative, broken, NaN or too large', () => {
    for (const weight of [-1, 0.5, NaN, Infinity, '1', null, 10_001]) {
      assert.equal(SetSplit.safeParse({ weights: { v1: weight } }).success, false, String(weight));
    }
    for (const percent of [0, 101, 1.5, NaN]) {
      const mirror = { version: 'v2', percent };
      assert.equal(SetSplit.safeParse({ weights: { v1: 1 }, mirror }).success, false, String(percent));
    }
  });

  it('is refused on the command line with what was found', () => {
    for (const words of [['v1=-1'], ['v1=NaN'], ['v1=1.5'], ['v1='], ['v1=1e3']]) {
      assert.throws(() => parseWeights(words), /a weight is a whole number of 0 or more, found/);
    }
    assert.throws(() => parseWeights(['v1']), /not a version and a weight/);
    assert.throws(() => parseWeights([]), /No weights/);
    assert.throws(() => parseWeights(['v1=0', 'v2=0']), /All weights are 0/);
    assert.throws(() => parseWeights(['v1=1', 'v1=2']), /two weights/);
    assert.throws(() => parseMirror('v2=0'), /1 to 100/);
    for (const key of ['x-user', 'header', 'header:', 'body:x', 'header:a b']) {
      assert.throws(() => parseSticky(key), /not understood/, key);
    }
    assert.deepEqual(parseWeights(['alpha=80', 'beta=20']), { alpha: 80, beta: 20 });
    assert.deepEqual(parseSticky('query:user'), { by: 'query', name: 'user' });
  });
});
