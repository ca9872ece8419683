// Placement: spread over nodes, then pack; never over capacity; GPUs whole or declared shares of one; reasons that name each node.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  mayStay,
  on,
  place,
  roomOf,
  type Placed,
  type PlacementNode,
} from '../../../../emulator/engine/local/placement.ts';
import { NodeName, VersionKey } from '../../../../schemas/ids.ts';

const key = VersionKey.parse('mnist-v1-00000001');
const secondKey = VersionKey.parse('mnist-v2-00000001');
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

  it('packs where the nodes have equally many replicas', () => {
    const running = [placed(1, otherKey), placed(2, otherKey, 2)];
    const placement = place({ key, needs: needs(1) }, [node(1), node(2)], running);
    assert.equal(placement.kind === 'placed' && placement.node, 'node-2');
  });

  it('spreads different versions and tasks over empty nodes too', () => {
    const nodes = [node(1), node(2), node(3)];
    const running: Placed[] = [];
    for (const each of [key, secondKey, otherKey]) {
      const placement = place({ key: each, needs: needs(1) }, nodes, running);
      assert.equal(placement.kind, 'placed');
      running.push({ key: each, needs: needs(1), node: placement.node, gpus: [] });
    }
    assert.deepEqual(
      running.map((one) => one.node),
      ['node-1', 'node-2', 'node-3'],
    );
  });

  it('rather puts a replica beside another task than beside another version of its own', () => {
    const running = [placed(1, secondKey), placed(2, otherKey), placed(2, otherKey)];
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

  it('puts parts of a GPU together, and leaves others whole', () => {
    const nodes = [node(1, { gpu: 2 })];
    const running: Placed[] = [];
    const take = (gpu: number): readonly number[] => {
      const placement = place({ key, needs: needs(0.1, gpu, 1) }, nodes, running);
      if (placement.kind === 'refused') throw new Error(placement.reason.message);
      running.push({ key, needs: needs(0.1, gpu, 1), node: placement.node, gpus: placement.gpus });
      return placement.gpus;
    };
    assert.deepEqual([take(0.5), take(0.25), take(0.25), take(1)], [[0], [0], [0], [1]]);
    assert.equal(
      reasonOf({ key, needs: needs(0.1, 0.75, 1) }, nodes, running.slice(1)),
      'needs 0.75 GPU, node-1 has at most 0.5 of a GPU free',
    );
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
    key: fc.constantFrom(key, secondKey, otherKey),
    needs: fc.record({
      cpu: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
      memoryBytes: fc.integer({ min: 1, max: 8 }),
      gpu: fc.oneof(fc.nat(2), fc.constantFrom(0.2, 0.25, 0.5, 0.9)),
    }),
  });

  it('never goes over the capacity of a node or a GPU, shares no whole GPU, and is deterministic', () => {
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
          const taken = roomOf(each, on(each, running)).used;
          const here = running.filter((one) => one.node === each.name);
          assert.ok(taken.cpu <= each.capacity.cpu + 1e-6);
          assert.ok(taken.memoryBytes <= each.capacity.memoryBytes);
          assert.ok(here.every((one) => new Set(one.gpus).size === Math.ceil(one.needs.gpu)));
          for (const number of new Set(here.flatMap((one) => one.gpus))) {
            assert.ok(number >= 0 && number < each.capacity.gpu);
            const owners = here.filter((one) => one.gpus.includes(number)).map((one) => one.needs.gpu);
            assert.ok(owners.length === 1 || owners.every((part) => part < 1), 'a whole GPU has one owner');
            assert.ok(owners[0]! >= 1 || owners.reduce((sum, part) => sum + part, 0) <= 1 + 1e-6);
          }
          assert.ok(here.length === 0 || each.state === 'ready');
        }
      }),
    );
  });

  it('never puts a replica on a node that has more of its version, or of all, than another one with room', () => {
    const roomy = fc.integer({ min: 1, max: 5 });
    const keys = fc.array(fc.constantFrom(key, secondKey, otherKey), { maxLength: 20 });
    fc.assert(
      fc.property(roomy, keys, (count, wishes) => {
        const nodes = Array.from({ length: count }, (_, index) => node(index + 1, { cpu: 100 }));
        const running: Placed[] = [];
        for (const wish of wishes) {
          const placement = place({ key: wish, needs: needs(0.1, 0, 1) }, nodes, running);
          assert.equal(placement.kind, 'placed');
          const sameOn = (name: string): number =>
            running.filter((one) => one.node === name && one.key === wish).length;
          const least = Math.min(...nodes.map(({ name }) => sameOn(name)));
          assert.equal(sameOn(placement.node), least, 'the version is spread');
          const allOn = (name: string): number => running.filter((one) => one.node === name).length;
          const empty = nodes.some(({ name }) => allOn(name) === 0);
          assert.ok(!empty || allOn(placement.node) === 0, 'no node is empty while another one gets more');
          running.push({ key: wish, needs: needs(0.1, 0, 1), node: placement.node, gpus: [] });
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

describe('mayStay', () => {
  const nodes = [node(1, { gpu: 2 }), node(2)];
  const seat = (number: number, gpus: number[] = []): Parameters<typeof mayStay>[1] => ({
    node: NodeName.parse(`node-${number}`),
    gpus,
  });
  const stays = (...[wanted, where, running = [], there = nodes]: [ReturnType<typeof needs>, ...unknown[]]): boolean =>
    mayStay(
      { key, needs: wanted },
      where as Parameters<typeof mayStay>[1],
      there as typeof nodes,
      running as readonly Placed[],
    );

  it('holds where the node is up, has the room, and the GPUs are free', () => {
    assert.ok(stays(needs(4), seat(2)));
    assert.ok(stays(needs(1, 1), seat(1, [1]), [placed(1, otherKey, 1, [0])]));
    assert.ok(stays(needs(1, 0.5), seat(1, [0])));
  });

  it('does not hold for a node or a GPU that is gone, taken or of another number', () => {
    assert.ok(!stays(needs(1), seat(3)));
    assert.ok(!stays(needs(1), seat(2), [], [{ ...node(2), state: 'lost' }]));
    assert.ok(!stays(needs(4), seat(2), [placed(2)]));
    assert.ok(!stays(needs(1, 1), seat(1, [1]), [placed(1, otherKey, 1, [1])]));
    assert.ok(!stays(needs(1, 1), seat(1, [0]), [], [{ ...node(1, { gpu: 2 }), lostGpus: [0] }]));
    assert.ok(!stays(needs(1, 1), seat(1, [2])));
    assert.ok(!stays(needs(1, 1), seat(1, [])));
    assert.ok(!stays(needs(1), seat(1, [0])));
  });

  it('holds for whatever placement would have put there', () => {
    const parts = fc.array(fc.record({ cpu: fc.nat({ max: 3 }), gpu: fc.constantFrom(0, 0.5, 1, 2) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(parts, (wanted) => {
        const running: Placed[] = [];
        for (const { cpu, gpu } of wanted) {
          const placement = place({ key, needs: needs(cpu, gpu) }, nodes, running);
          if (placement.kind === 'refused') continue;
          assert.ok(stays(needs(cpu, gpu), placement, running));
          running.push({ key, needs: needs(cpu, gpu), node: placement.node, gpus: placement.gpus });
        }
        // All of them again, in another order.
        const again: Placed[] = [];
        for (const one of running.reverse()) {
          assert.ok(stays(one.needs, one, again));
          again.push(one);
        }
      }),
    );
  });
});
