// Told before it begins: what is said of a rollout is what becomes of it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { prospect, type Stage, type Standing } from '../../../emulator/controller/feasibility.ts';
import { update } from '../../../emulator/controller/commands.ts';
import type { TaskRecord } from '../../../emulator/controller/record.ts';
import { refuseWithoutRoom } from '../../../emulator/controller/rollout-room.ts';
import type { SlipwayError } from '../../../emulator/common/errors.ts';
import type { EngineReplica, EngineSnapshot } from '../../../emulator/engine/engine.ts';
import { place, roomOf, type Placed, type PlacementNode } from '../../../emulator/engine/local/placement.ts';
import { NodeName, ReplicaId, VersionId } from '../../../schemas/ids.ts';
import type { Manifest } from '../../../schemas/manifest.ts';
import type { RolloutWay } from '../../../schemas/tasks.ts';
import { digest, manifest, newTask } from '../../support/manifests.ts';

const gibi = 1024 ** 3;

function withGpu(gpu: number, cpu = 1): Manifest {
  return manifest({ resources: { cpu, memory: '1Gi', gpu, ...(Number.isInteger(gpu) ? {} : { gpuShared: true }) } });
}

function nodesOf(capacities: readonly { readonly cpu: number; readonly gpu: number }[]): PlacementNode[] {
  return capacities.map((capacity, index) => ({
    name: NodeName.parse(`node-${index + 1}`),
    state: 'ready',
    capacity: { memoryBytes: 64 * gibi, ...capacity },
  }));
}

/** A task whose first version has all its replicas placed and serving, as far as the nodes have room; and an update of it. */
function situation(
  nodes: readonly PlacementNode[],
  parts: { readonly replicas: number; readonly from: Manifest; readonly to: Manifest; readonly way?: RolloutWay },
): { before: TaskRecord; after: TaskRecord; stage: Stage; snapshot: EngineSnapshot } {
  const made = newTask(parts.replicas);
  const { rollout: _, ...settled } = {
    ...made,
    versions: made.versions.map((one) => ({ ...one, manifest: parts.from })),
  };
  const first = settled.versions[0]!;
  const running: Placed[] = [];
  const replicas: EngineReplica[] = [];
  const { cpu, gpu } = parts.from.resources;
  for (let index = 0; index < parts.replicas; index++) {
    const request = { key: first.key, needs: { cpu, gpu, memoryBytes: gibi } };
    const found = place(request, nodes, running);
    if (found.kind === 'placed') running.push({ ...request, node: found.node, gpus: found.gpus });
    replicas.push({
      id: ReplicaId.parse(`${first.key}-r${index}`),
      key: first.key,
      node: found.kind === 'placed' ? found.node : null,
      state: found.kind === 'placed' ? 'ready' : 'placing',
      since: 0,
      restarts: 0,
      ...(found.kind === 'placed' && found.gpus.length > 0 ? { gpus: found.gpus } : {}),
    });
  }
  const views = nodes.map((node) => {
    const here = running.filter((one) => one.node === node.name);
    const { gpus, ...room } = roomOf(node, here);
    return { ...room, since: 0, replicas: here.length, ...(gpus === undefined ? {} : { gpus: [...gpus] }) };
  });
  const wanted = { bundle: digest(2), manifest: parts.to, replicas: parts.replicas, rollout: parts.way };
  const { record } = update(settled, wanted, 0);
  const standing = replicas.map(({ node, gpus = [], state }): Standing => {
    const needs = { cpu, gpu, memoryBytes: gibi };
    return { version: VersionId.parse('v1'), needs, node, gpus, serves: state === 'ready' };
  });
  return {
    before: settled,
    after: record,
    stage: { nodes: views, replicas: standing, waiting: [] },
    snapshot: { versions: [], replicas, nodes: views },
  };
}

function refusal(nodes: readonly PlacementNode[], parts: Parameters<typeof situation>[1]): SlipwayError | undefined {
  const { before, after, snapshot } = situation(nodes, parts);
  try {
    refuseWithoutRoom({ before, after, snapshot, tasks: [before], way: parts.way ?? 'surge' });
    return undefined;
  } catch (error) {
    return error as SlipwayError;
  }
}

const choices = (error: SlipwayError | undefined): string[] => error?.choices.map(({ value }) => value) ?? [];

describe('room for a rollout', () => {
  it('is refused before it begins where all GPUs are taken, with what there is to choose', () => {
    const one = nodesOf([{ cpu: 8, gpu: 1 }]);
    const error = refusal(one, { replicas: 1, from: withGpu(1), to: withGpu(1) });
    assert.equal(error?.code, 'rollout_no_room');
    assert.match(error.message, /v2 cannot go on after 0 of 1 replicas: each needs 1 GPU, node-1 has 0 of 1 GPU free/);
    assert.deepEqual(choices(error), ['in-place', 'wait']);
    const two = nodesOf([
      { cpu: 8, gpu: 1 },
      { cpu: 8, gpu: 1 },
    ]);
    assert.deepEqual(choices(refusal(two, { replicas: 2, from: withGpu(1), to: withGpu(1) })), [
      'one-at-a-time',
      'in-place',
      'wait',
    ]);
    assert.equal(refusal(two, { replicas: 1, from: withGpu(1), to: withGpu(1) }), undefined);
  });

  it('goes on in the way that was asked for, when it can', () => {
    const one = nodesOf([{ cpu: 8, gpu: 1 }]);
    for (const way of ['in-place', 'wait'] as const) {
      assert.equal(refusal(one, { replicas: 1, from: withGpu(1), to: withGpu(1), way }), undefined);
    }
    const larger = nodesOf([{ cpu: 2, gpu: 0 }]);
    const error = refusal(larger, { replicas: 2, from: withGpu(0, 1), to: withGpu(0, 2), way: 'one-at-a-time' });
    assert.deepEqual(choices(error), ['wait'], 'two of the larger ones have no room in any way');
  });

  it('offers nothing where no node could ever hold a replica', () => {
    const error = refusal(nodesOf([{ cpu: 8, gpu: 1 }]), { replicas: 1, from: withGpu(0), to: withGpu(2) });
    assert.equal(error?.code, 'cannot_place');
    assert.deepEqual(choices(error), []);
  });

  it('looks at the whole rollout, not only at its first replica', () => {
    const nodes = nodesOf([{ cpu: 3, gpu: 0 }]);
    const error = refusal(nodes, { replicas: 2, from: withGpu(0, 0.5), to: withGpu(0, 2) });
    assert.match(error?.message ?? '', /after 1 of 2 replicas/);
  });

  it('counts the place of a replica that drains as free', () => {
    const nodes = nodesOf([{ cpu: 8, gpu: 3 }]);
    const { before, after } = situation(nodes, { replicas: 2, from: withGpu(1), to: withGpu(1) });
    const { snapshot } = situation(nodes, { replicas: 3, from: withGpu(1), to: withGpu(1) });
    const [first, second, third] = snapshot.replicas;
    const draining: EngineSnapshot = { ...snapshot, replicas: [first!, second!, { ...third!, state: 'draining' }] };
    refuseWithoutRoom({ before, after, snapshot: draining, tasks: [before], way: 'surge' });
  });

  it('says nothing where nobody knows what the nodes have', () => {
    const nodes = nodesOf([{ cpu: 1, gpu: 0 }]);
    const { before, after, snapshot } = situation(nodes, { replicas: 1, from: withGpu(0), to: withGpu(4) });
    const unknown = snapshot.nodes.map((node) => ({ ...node, capacity: null, used: null }));
    refuseWithoutRoom({ before, after, snapshot: { ...snapshot, nodes: unknown }, tasks: [before], way: 'surge' });
  });

  const capacity = fc.record({ cpu: fc.integer({ min: 1, max: 6 }), gpu: fc.nat(3) });
  const cluster = fc.array(capacity, { minLength: 1, maxLength: 4 });
  const size = fc.record({ cpu: fc.constantFrom(0.5, 1, 2), gpu: fc.constantFrom(0, 0, 1, 2, 0.5, 0.25) });
  const ways = fc.constantFrom<RolloutWay>('surge', 'one-at-a-time', 'in-place');

  it('always comes to a verdict, and a way that is offered is accepted', () => {
    fc.assert(
      fc.property(cluster, size, size, fc.integer({ min: 1, max: 5 }), ways, (capacities, from, to, replicas, way) => {
        const nodes = nodesOf(capacities);
        const parts = { replicas, from: withGpu(from.gpu, from.cpu), to: withGpu(to.gpu, to.cpu) };
        const error = refusal(nodes, { ...parts, way });
        if (error === undefined) return;
        assert.ok(error.code === 'rollout_no_room' || error.code === 'cannot_place');
        assert.ok(error.code === 'cannot_place' || !choices(error).includes(way), 'what was refused is not offered');
        for (const offered of choices(error)) {
          assert.equal(refusal(nodes, { ...parts, way: offered as RolloutWay }), undefined, offered);
        }
      }),
    );
  });

  it('finds room in place wherever the new replicas fit without the old ones', () => {
    fc.assert(
      fc.property(cluster, size, size, fc.integer({ min: 1, max: 5 }), (capacities, from, to, replicas) => {
        const nodes = nodesOf(capacities);
        const parts = { replicas, from: withGpu(from.gpu, from.cpu), to: withGpu(to.gpu, to.cpu) };
        const { after, stage } = situation(nodes, { ...parts, way: 'in-place' });
        const found = prospect(after, after.rollout!, stage);
        const empty = situation(nodes, { replicas, from: parts.to, to: parts.to }).stage.replicas;
        const allPlaced = empty.every(({ node }) => node !== null);
        assert.equal(found.kind === 'fits', allPlaced);
      }),
    );
  });
});
