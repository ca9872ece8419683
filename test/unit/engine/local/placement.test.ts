// Placement: spread, then pack, never over capacity, and reasons that name each node.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { place, used, type Placed, type PlacementNode } from '../../../../emulator/engine/local/placement.ts';
import { NodeName, VersionKey } from '../../../../schemas/ids.ts';

const key = VersionKey.parse('mnist-v1-00000001');
const otherKey = VersionKey.parse('other-v1-00000002');
const gibi = 1024 ** 3;

function node(number: number, capacity: Partial<PlacementNode['capacity']> = {}): PlacementNode {
  const name = NodeName.parse(`node-${number}`);
  return { name, state: 'ready', capacity: { cpu: 4, memoryBytes: 8 * gibi, gpu: 0, ...capacity } };
}

function needs(cpu: number, gpu = 0, memoryBytes = gibi): { cpu: number; gpu: number; memoryBytes: number } {
  return { cpu, gpu, memoryBytes };
}

function placed(number: number, version = key, cpu = 1, gpus: number[] = []): Placed {
  return { key: version, needs: needs(cpu, gpus.length), node: NodeName.parse(`node-${number}`), gpus };
}

function reasonOf(...args: Parameters<typeof place>): string {
  const placement = place(...args);
  assert.equal(placement.kind, 'refused');
  assert.equal(placement.reason.code, 'cannot_place');
  return placement.reason.message;
}

describe('place', () => {
  it('spreads a version over the nodes first', () => {
    const running = [placed(1), placed(2), placed(2, otherKey), placed(2, otherKey)];
    assert.deepEqual(place({ key, needs: needs(1) }, [node(1), node(2), node(3)], running), {
      kind: 'placed',
      node: 'node-3',
      gpus: [],
    });
  });

  it('packs where the version is spread evenly', () => {
    const running = [placed(2, otherKey)];
    const placement = place({ key, needs: needs(1) }, [node(1), node(2)], running);
    assert.equal(placement.kind === 'placed' && placement.node, 'node-2');
  });

  it('gives each replica GPUs of its own', () => {
    const running = [placed(1, key, 1, [0]), placed(1, key, 1, [2])];
    const placement = place({ key, needs: needs(0.5, 2) }, [node(1, { gpu: 4 })], running);
    assert.deepEqual(placement.kind === 'placed' && placement.gpus, [1, 3]);
  });

  it('says of each node what it lacks', () => {
    const nodes = [node(1), node(2, { gpu: 1 })];
    assert.equal(
      reasonOf({ key, needs: needs(1, 1) }, nodes, [placed(2, otherKey, 1, [0])]),
      'needs 1 GPU, node-1 has 0 of 0 GPU free, node-2 has 0 of 1 GPU free',
    );
    assert.equal(
      reasonOf({ key, needs: needs(6, 0, 16 * gibi) }, nodes.slice(0, 1), [placed(1)]),
      'needs 6 CPU and 16 GiB, node-1 has 3 of 4 CPU free and 7 of 8 GiB free',
    );
  });

  it('places nothing on a node that is lost or cut off, and says so', () => {
    const nodes = [
      { ...node(1), state: 'lost' as const },
      { ...node(2), state: 'cut' as const },
    ];
    assert.equal(
      reasonOf({ key, needs: needs(1) }, nodes, []),
      'needs a node that is up, node-1 is lost, node-2 is cut',
    );
  });

  it('refuses fractions of GPUs', () => {
    assert.match(reasonOf({ key, needs: needs(1, 0.5) }, [node(1, { gpu: 4 })], []), /0\.5 GPUs.*not shared/);
  });

  it('fills a node to the brim although fractions of cores do not add up exactly', () => {
    const running: Placed[] = [];
    for (let i = 0; i < 10; i++) {
      const placement = place({ key, needs: needs(0.1, 0, 1) }, [node(1, { cpu: 1 })], running);
      assert.equal(placement.kind, 'placed');
      running.push({ key, needs: needs(0.1, 0, 1), node: placement.node, gpus: [] });
    }
    assert.match(reasonOf({ key, needs: needs(0.1, 0, 1) }, [node(1, { cpu: 1 })], running), /0 of 1 CPU free/);
  });

  const capacity = fc.record({
    cpu: fc.integer({ min: 1, max: 8 }),
    memoryBytes: fc.integer({ min: 1, max: 16 }),
    gpu: fc.nat(4),
  });
  const cluster = fc.array(fc.record({ capacity, state: fc.constantFrom('ready', 'ready', 'ready', 'lost', 'cut') }), {
    maxLength: 5,
  });
  const request = fc.record({
    key: fc.constantFrom(key, otherKey),
    needs: fc.record({
      cpu: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
      memoryBytes: fc.integer({ min: 1, max: 8 }),
      gpu: fc.nat(2),
    }),
  });

  it('never goes over the capacity of a node, never shares a GPU, and is deterministic', () => {
    fc.assert(
      fc.property(cluster, fc.array(request, { maxLength: 30 }), (specs, requests) => {
        const nodes = specs.map((spec, index): PlacementNode => ({
          name: NodeName.parse(`node-${index + 1}`),
          ...spec,
        }));
        const running: Placed[] = [];
        for (const wish of requests) {
          const placement = place(wish, nodes, running);
          assert.deepEqual(place(wish, nodes, [...running]), placement);
          if (placement.kind === 'placed') running.push({ ...wish, node: placement.node, gpus: placement.gpus });
        }
        for (const each of nodes) {
          const taken = used(each, running);
          const here = running.filter((one) => one.node === each.name);
          assert.ok(taken.cpu <= each.capacity.cpu + 1e-6);
          assert.ok(taken.memoryBytes <= each.capacity.memoryBytes);
          const gpus = here.flatMap((one) => one.gpus);
          assert.equal(new Set(gpus).size, gpus.length);
          assert.ok(gpus.every((gpu) => gpu >= 0 && gpu < each.capacity.gpu));
          assert.ok(here.every((one) => one.gpus.length === one.needs.gpu));
          assert.ok(here.length === 0 || each.state === 'ready');
        }
      }),
    );
  });

  it('refuses only what fits on no node', () => {
    fc.assert(
      fc.property(cluster, request, (specs, wish) => {
        const nodes = specs.map((spec, index): PlacementNode => ({
          name: NodeName.parse(`node-${index + 1}`),
          ...spec,
        }));
        const fits = nodes.some(
          ({ state, capacity: { cpu, memoryBytes, gpu } }) =>
            state === 'ready' &&
            wish.needs.cpu <= cpu &&
            wish.needs.memoryBytes <= memoryBytes &&
            wish.needs.gpu <= gpu,
        );
        assert.equal(place(wish, nodes, []).kind, fits ? 'placed' : 'refused');
      }),
    );
  });
});
