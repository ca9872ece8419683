import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { findClassLine } from '../../../src/authoring/class-line.ts';
import { sharesOf, showQps, steadyQps, taskFigures } from '../../../src/views/figures.ts';
import { childrenOf, nodeId, shapeOf, type TasksNode } from '../../../src/views/task-nodes.ts';
import type { TaskView, VersionView } from '../../../schemas/tasks.ts';
import type { WatchedPlatform } from '../../../src/platforms/watched-platform.ts';

const version = (id: string, weight: number, more: Partial<VersionView> = {}): VersionView =>
  ({
    id,
    weight,
    state: weight > 0 ? 'active' : 'retired',
    replicas: { wanted: 2, ready: 2 },
    manifest: {},
    ...more,
  }) as VersionView;
const task = (qps: number, versions: VersionView[], more: Partial<TaskView> = {}): TaskView =>
  ({
    name: 'mnist',
    state: 'ready',
    qps,
    activeVersion: versions.at(-1)?.id ?? null,
    versions,
    replicas: [],
    ...more,
  }) as TaskView;

describe('a row of the task tree', () => {
  it('reads as qps, version and replicas', () => {
    assert.equal(taskFigures(task(142, [version('v3', 100)])), '142 qps · v3 · 2/2');
  });

  it('shows the shares of a split', () => {
    const split = task(142, [version('v3', 8), version('v4', 2, { name: 'beta' })]);
    assert.equal(taskFigures(split), '142 qps · v3 80% beta 20%');
  });

  it('says of each version that is a model that it is one, in the word of the reader', () => {
    const modelled = { manifest: { profile: { device: 'NVIDIA L4' } } } as Partial<VersionView>;
    assert.equal(taskFigures(task(142, [version('v3', 100, modelled)])), '142 qps · v3 [model] · 2/2');
    const split = task(142, [version('v3', 8), version('v4', 2, { name: 'beta', ...modelled })]);
    assert.equal(taskFigures(split, '模拟'), '142 qps · v3 80% beta [模拟] 20%');
    // At zero nothing has traffic, and the version is named all the same.
    assert.equal(taskFigures(task(0, [version('v3', 0, modelled)])).trim(), '0 qps · v3 [model] · 2/2');
  });

  it('keeps its width while the figure changes', () => {
    const lengths = [0, 1.23, 9.94, 10, 99.4, 142, 999, 1_234, 9_949].map((qps) => showQps(qps).length);
    assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1, lengths.join());
    assert.equal(showQps(1_234), '1.2k qps');
    assert.equal(showQps(1.234).trim(), '1.2 qps');
  });

  it('has a width in the status bar that does not change under a thousand', () => {
    const widths = [0, 1.23, 14, 142, 999].map((qps) => steadyQps(qps).length);
    assert.equal(new Set(widths).size, 1, widths.join());
  });

  it('has shares that add up to 100 within the rounding of each', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 10 }), (weights) => {
        const shares = sharesOf(
          task(
            0,
            weights.map((weight, index) => version(`v${index + 1}`, weight)),
          ),
        );
        const sum = shares.reduce((total, { percent }) => total + percent, 0);
        if (weights.every((weight) => weight === 0)) assert.equal(sum, 0);
        else assert.ok(Math.abs(sum - 100) <= shares.length / 2, String(sum));
      }),
    );
  });

  it('has an id of its own that stays the same when figures change', () => {
    const ids = (view: TaskView): string[] => {
      const platform = { name: 'local', tasks: [view] } as unknown as WatchedPlatform;
      const walk = (node: TasksNode): string[] => [nodeId(node), ...childrenOf(node).flatMap(walk)];
      return walk({ kind: 'platform', platform });
    };
    const replicas = ['a-v1-r0', 'a-v1-r1', 'a-v2-r0'].map((id) => ({
      id,
      version: id.slice(2, 4),
    })) as unknown as TaskView['replicas'];
    const before = ids(task(1, [version('v1', 8), version('v2', 2)], { replicas }));
    const after = ids(task(9, [version('v1', 2), version('v2', 8)], { replicas }));
    assert.deepEqual(before, after);
    assert.equal(new Set(before).size, before.length);
    assert.ok(before.includes('local/mnist/v1/a-v1-r1'));
  });

  it('is another one when something becomes of it, and not when only its traffic does', () => {
    const shape = (view: TaskView): string =>
      shapeOf([{ name: 'local', standing: { state: 'ready' }, tasks: [view] } as unknown as WatchedPlatform]);
    const replicas = (state: string): TaskView['replicas'] =>
      [{ id: 'mnist-v1-r0', version: 'v1', state, node: 'node-1', pid: 1 }] as unknown as TaskView['replicas'];
    const before = shape(task(1, [version('v1', 1)], { replicas: replicas('ready') }));
    assert.equal(shape(task(99, [version('v1', 1)], { replicas: replicas('ready') })), before);
    assert.notEqual(shape(task(1, [version('v1', 1)], { replicas: replicas('paused') })), before);
    assert.notEqual(shape(task(1, [version('v1', 1), version('v2', 1)], { replicas: replicas('ready') })), before);
  });

  it('does not list versions that are over', () => {
    const platform = { name: 'local' } as unknown as WatchedPlatform;
    const view = task(0, [version('v1', 0), version('v2', 0), version('v3', 1)]);
    const shown = childrenOf({ kind: 'task', platform, task: view });
    assert.deepEqual(
      shown.map((node) => (node.kind === 'version' ? node.version.id : '')),
      ['v3'],
    );
  });
});

describe('where the class stands', () => {
  const line = (text: string, name?: string): number | undefined => findClassLine(text, name)?.line;

  it('is the one that slipway.json names', () => {
    assert.equal(line('class A:\n  def execute(self): pass\nclass B:\n  pass\n', 'B'), 2);
    assert.equal(line('class A:\n  pass\n', 'B'), undefined);
  });

  it('is else the first with execute, or one that is made from a service of a framework', () => {
    assert.equal(line('class Helper:\n    pass\n\nclass Model:\n    def execute(self, data, n):\n        pass\n'), 3);
    assert.equal(line('from slipway.keras import KerasService\nclass Digits(KerasService):\n    pass\n'), 1);
    assert.equal(line('def execute(self): pass\nclass A:\n    x = 1\n'), undefined);
  });

  it('is found in any text without an error, and within it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        const found = findClassLine(text, undefined);
        assert.ok(found === undefined || found.line < text.split(/\r\n|\n|\r/).length);
      }),
    );
  });
});
