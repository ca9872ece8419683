import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { readdir, writeFile } from 'node:fs/promises';
import { ExperimentFiles } from '../../../emulator/controller/experiment-files.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { seededRandom } from '../../../emulator/common/random.ts';
import type { Setting } from '../../../emulator/experiment/experiment.ts';
import { Experiments, type ExperimentStore } from '../../../emulator/experiment/experiments.ts';
import { VersionId, VersionKey } from '../../../schemas/ids.ts';
import type { ExperimentView } from '../../../schemas/experiment.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { mnist, uid } from '../../support/manifests.ts';
import { MemoryExperimentStore } from '../../support/memory-experiments.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const [v1, v2, v3] = [1, 2, 3].map((number) => VersionId.parse(`v${number}`)) as [VersionId, VersionId, VersionId];
const keyOf = (version: VersionId): VersionKey => VersionKey.parse(`mnist-${version}-${uid}`);

class World {
  readonly clock = new FakeClock();
  readonly store: ExperimentStore;
  experiments: Experiments;
  setting: Setting = {
    task: mnist,
    uid,
    known: new Set([v1, v2, v3]),
    baseline: v1,
    weights: new Map([
      [v1, 50],
      [v2, 50],
    ]),
    range: { min: 0, max: 1 },
  };
  #requests = 0;

  constructor(store: ExperimentStore = new MemoryExperimentStore()) {
    this.store = store;
    this.experiments = this.#new();
  }

  #new(): Experiments {
    return new Experiments({ store: this.store, clock: this.clock, log: silentLogger });
  }

  async start(): Promise<this> {
    await this.experiments.start(
      (key) => ({ setting: this.setting, version: VersionId.parse(key.split('-')[1]) }),
      new Set([uid]),
    );
    return this;
  }

  async restart(how: 'closed' | 'killed'): Promise<void> {
    if (how === 'closed') await this.experiments.close();
    this.experiments = this.#new();
    await this.start();
  }

  report(version: VersionId, outcome: number, request = `r${this.#requests++}`): boolean {
    return this.experiments.take(keyOf(version), { request, outcome });
  }

  get view(): ExperimentView {
    const versions = [v1, v2, v3].map((version) => ({ version, key: keyOf(version) }));
    return this.experiments.view(this.setting, versions, undefined);
  }
}

describe('the experiments of a platform', () => {
  it('counts a request once, however often its feedback is sent', async () => {
    const world = await new World().start();
    assert.equal(world.report(v1, 1, 'same'), true);
    assert.equal(world.report(v1, 0, 'same'), false);
    assert.deepEqual(
      [world.view.versions[0]!.outcomes, world.view.versions[0]!.mean, world.view.duplicates],
      [1, 1, 1],
    );
  });

  it('refuses outcomes out of the declared range, and says what it is', async () => {
    const world = await new World().start();
    for (const outcome of [-0.1, 1.5, NaN, Infinity])
      assert.throws(() => world.report(v1, outcome), /is not between 0 and 1/);
    assert.equal(world.view.versions[0]!.outcomes, 0);
  });

  it('shows outcomes in the units of the service', async () => {
    const world = await new World().start();
    world.setting = { ...world.setting, range: { min: -10, max: 30 } };
    for (const outcome of [10, 20]) world.report(v1, outcome);
    const [first] = world.view.versions;
    assert.equal(first!.mean, 15);
    assert.ok(first!.interval!.low >= -10 && first!.interval!.high <= 30);
  });

  it('finds the better version, says so in a sentence, and how much is missing before', async () => {
    const world = await new World().start();
    const random = seededRandom(5);
    assert.match(world.view.summary, /Nothing can be said yet/);
    for (let count = 0; count < 300; count++) {
      world.report(v1, random() < 0.2 ? 1 : 0);
      world.report(v2, random() < 0.3 ? 1 : 0);
    }
    const early = world.view;
    assert.equal(early.winner, null);
    assert.match(early.summary, /^Nothing is decided: about \d+ more outcomes are needed\.$/);
    for (let count = 0; count < 1_500; count++) {
      world.report(v1, random() < 0.2 ? 1 : 0);
      world.report(v2, random() < 0.3 ? 1 : 0);
    }
    const { winner, summary, comparisons } = world.view;
    assert.equal(winner, v2);
    assert.equal(summary, 'v2 is better than v1.');
    assert.ok(comparisons[0]!.probabilityBetter > 0.99 && comparisons[0]!.interval.low > 0);
  });

  it('names the baseline when it is better than all others', async () => {
    const world = await new World().start();
    world.setting = { ...world.setting, weights: new Map([v1, v2, v3].map((id) => [id, 1])) };
    for (let count = 0; count < 400; count++) {
      world.report(v1, 1);
      world.report(v2, count % 2);
      world.report(v3, 0);
    }
    assert.equal(world.view.winner, v1);
    assert.equal(world.view.summary, 'v1 is better than v2 and v3.');
  });

  it('keeps its baseline when the shares are turned round', async () => {
    const world = await new World().start();
    for (let count = 0; count < 50; count++) [v1, v2].forEach((id) => world.report(id, count % 2));
    const weights = new Map([
      [v1, 20],
      [v2, 80],
    ]);
    world.setting = { ...world.setting, baseline: v2, weights };
    world.report(v1, 1);
    assert.equal(world.view.baseline, v1);
    assert.equal(world.view.comparisons[0]!.pairs, 50);
  });

  it('has lost nothing after an orderly end, and at most ten seconds after a crash', async () => {
    const world = await new World().start();
    for (let count = 0; count < 20; count++) world.report(v1, 1);
    await world.restart('closed');
    assert.equal(world.view.versions[0]!.outcomes, 20);
    world.report(v1, 1);
    await world.clock.advanceAsync(10_000);
    world.report(v1, 1);
    await world.restart('killed');
    assert.equal(world.view.versions[0]!.outcomes, 21);
  });

  it('writes rarely: once in ten seconds under a stream of feedback, never without any', async () => {
    const store = new MemoryExperimentStore();
    const world = await new World(store).start();
    for (let second = 0; second < 60; second++) {
      for (let count = 0; count < 100; count++) world.report(v1, 1);
      await world.clock.advanceAsync(1_000);
    }
    await world.clock.advanceAsync(60_000);
    assert.ok(store.writes <= 7, `${store.writes} writes`);
    assert.equal(world.clock.pending, 0);
  });

  it('gives the same answer from disk, and puts aside a file that is damaged', () =>
    inTemporaryFolder(async (folder) => {
      const world = await new World(new ExperimentFiles({ folder, log: silentLogger, now: () => 1 })).start();
      for (let count = 0; count < 99; count++) world.report(count % 3 === 0 ? v2 : v1, count % 2);
      const before = world.view;
      await world.restart('closed');
      assert.deepEqual(world.view, before);
      await writeFile(join(folder, `${uid}.json`), 'damaged');
      await world.restart('killed');
      assert.equal(world.view.versions[0]!.outcomes, 0);
      assert.deepEqual(await readdir(folder), [`${uid}.json.damaged-1`]);
    }));

  it('forgets what is over, on disk too', () =>
    inTemporaryFolder(async (folder) => {
      const world = await new World(new ExperimentFiles({ folder, log: silentLogger, now: () => 1 })).start();
      world.report(v1, 1);
      await world.clock.advanceAsync(10_000);
      await world.experiments.forget(uid);
      await world.experiments.close();
      assert.deepEqual(await readdir(folder), []);
      assert.equal(world.view.versions[0]!.outcomes, 0);
    }));
});
