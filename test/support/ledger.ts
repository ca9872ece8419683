// What a platform has acknowledged, kept outside of it: random changes go in, and after a death the two are compared.
import assert from 'node:assert/strict';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { SlipwayError } from '../../emulator/common/errors.ts';
import type { Random } from '../../emulator/common/random.ts';
import { TaskName, type BundleDigest, type VersionId } from '../../schemas/ids.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import { until } from './waiting.ts';

interface Entry {
  /** Bundle of each acknowledged version. */
  readonly versions: Map<VersionId, BundleDigest>;
  isStopped: boolean;
  /** What the active version was last scaled to, while nothing else has touched it. */
  scaled: { readonly version: VersionId; readonly replicas: number } | undefined;
}

const maxTasks = 3;
const maxReplicas = 2;
/** A platform forgets older versions than its last ten. */
const maxVersions = 8;

export class Ledger {
  /** Changes that were acknowledged. */
  acknowledged = 0;
  readonly #random: Random;
  readonly #bundles: readonly BundleDigest[];
  readonly #steady: TaskName;
  readonly #tasks = new Map<TaskName, Entry>();
  readonly #deleted = new Set<TaskName>();
  /** Asked for a change that was not answered: it is as before, or as asked for. */
  #doubtful: TaskName | undefined;
  #created = 0;

  /** @param steady a task that is there already and is left alone. */
  constructor(random: Random, bundles: readonly BundleDigest[], steady: TaskName) {
    this.#random = random;
    this.#steady = steady;
    this.#bundles = bundles;
  }

  /** Asks for one change. Throws when it was not answered. */
  async change(client: SlipwayClient): Promise<void> {
    const tasks = [...this.#tasks.keys()];
    const isNew = tasks.length === 0 || (tasks.length < maxTasks && this.#random() < 0.3);
    const task = isNew ? TaskName.parse(`task-${++this.#created}`) : this.#pick(tasks);
    this.#doubtful = task;
    try {
      if (isNew) await this.#create(client, task);
      else await this.#alter(client, task, this.#tasks.get(task)!);
      this.acknowledged++;
    } catch (error) {
      // Refused, by a platform that lives: nothing was changed.
      if (!(error instanceof SlipwayError) || error.code !== 'state_conflict') throw error;
    }
    this.#doubtful = undefined;
  }

  /** Everything that was acknowledged is there; throws what is not. */
  async compare(client: SlipwayClient): Promise<void> {
    const { tasks } = await client.call('listTasks', {});
    const doubtful = this.#doubtful;
    this.#doubtful = undefined;
    if (doubtful !== undefined)
      this.#adopt(
        doubtful,
        tasks.find(({ name }) => name === doubtful),
      );
    for (const [task, entry] of this.#tasks) {
      const view = tasks.find(({ name }) => name === task);
      assert.ok(view !== undefined, `${task} was acknowledged and is gone`);
      assertSame(view, entry);
    }
    const known = new Set([this.#steady, ...this.#tasks.keys(), ...this.#deleted]);
    assert.ok(tasks.some(({ name }) => name === this.#steady));
    for (const { name } of tasks) assert.ok(known.has(name), `${name} was never asked for`);
  }

  /** What was asked for comes about: what was deleted is gone, and what was scaled has its replicas. */
  async settles(client: SlipwayClient): Promise<void> {
    await until(async () => {
      const { tasks } = await client.call('listTasks', {});
      return tasks.every((view) => !this.#deleted.has(view.name) && isScaled(view, this.#tasks.get(view.name)));
    }, 60_000);
  }

  async #create(client: SlipwayClient, task: TaskName): Promise<void> {
    const bundle = this.#pick(this.#bundles);
    const { version } = await client.call('createTask', { body: { task, bundle, replicas: 1 } });
    this.#tasks.set(task, { versions: new Map([[version, bundle]]), isStopped: false, scaled: undefined });
  }

  async #alter(client: SlipwayClient, task: TaskName, entry: Entry): Promise<void> {
    const params = { task };
    const wish = this.#random();
    if (wish < 0.3 && entry.versions.size < maxVersions) {
      const bundle = this.#pick(this.#bundles);
      const { version } = await client.call('updateTask', { params, body: { bundle } });
      entry.versions.set(version, bundle);
      // A new version also starts what was stopped.
      entry.isStopped = false;
      entry.scaled = undefined;
    } else if (wish < 0.6) {
      const replicas = 1 + Math.floor(this.#random() * maxReplicas);
      const { activeVersion } = await client.call('scale', { params, body: { replicas } });
      entry.scaled = activeVersion === null ? undefined : { version: activeVersion, replicas };
    } else if (wish < 0.75) {
      await client.call('stop', { params, body: {} });
      Object.assign(entry, { isStopped: true, scaled: undefined });
    } else if (wish < 0.9) {
      await client.call('start', { params, body: {} });
      Object.assign(entry, { isStopped: false, scaled: undefined });
    } else {
      await client.call('deleteTask', { params });
      this.#tasks.delete(task);
      this.#deleted.add(task);
    }
  }

  #adopt(task: TaskName, view: TaskView | undefined): void {
    const before = this.#tasks.get(task);
    if (view === undefined) {
      this.#tasks.delete(task);
      this.#deleted.add(task);
      return;
    }
    for (const [version, bundle] of before?.versions ?? []) assertVersion(view, version, bundle);
    this.#tasks.set(task, {
      versions: new Map(view.versions.map(({ id, bundle }) => [id, bundle])),
      isStopped: view.state === 'stopped',
      scaled: undefined,
    });
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

function assertSame(view: TaskView, { versions, isStopped }: Entry): void {
  for (const [version, bundle] of versions) assertVersion(view, version, bundle);
  assert.equal(view.versions.length, versions.size, `${view.name} has a version that was never asked for`);
  assert.equal(view.state === 'stopped', isStopped, `${view.name} is ${view.state}`);
}

/** A rollout on its way has other numbers for a time. */
function isScaled(view: TaskView, entry: Entry | undefined): boolean {
  const { scaled } = entry ?? {};
  const version = view.versions.find(({ id }) => id === scaled?.version);
  if (scaled === undefined || entry?.isStopped === true) return true;
  return view.activeVersion !== scaled.version || version?.replicas.wanted === scaled.replicas;
}

function assertVersion(view: TaskView, version: VersionId, bundle: BundleDigest): void {
  const found = view.versions.find(({ id }) => id === version);
  assert.ok(found !== undefined, `${view.name} ${version} was acknowledged and is gone`);
  assert.equal(found.bundle, bundle);
}
