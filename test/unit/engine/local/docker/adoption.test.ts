// Which containers of an earlier platform are taken over: only what is certainly the replica that it says to be.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  claim,
  fitOf,
  ordinalOf,
  sortFound,
  type SeenContainer,
} from '../../../../../emulator/engine/local/docker/adoption.ts';
import {
  homeLabel,
  launchLabel,
  platformLabel,
  replicaLabel,
} from '../../../../../emulator/engine/local/docker/container-marks.ts';
import type { ContainerRecord } from '../../../../../emulator/engine/local/docker/container-records.ts';
import type { EngineVersion } from '../../../../../emulator/engine/engine.ts';
import { BundleDigest, NodeName, ReplicaId, TaskName, VersionId, VersionKey } from '../../../../../schemas/ids.ts';
import { Manifest } from '../../../../../schemas/manifest.ts';

const present = { home: 'mine', platform: 'now', slipway: '1.0.0' };
const keys = ['a-v1-00000001', 'a-v2-00000002'].map((key) => VersionKey.parse(key));
const idOf = (number: number): string => number.toString(16).padStart(64, '0');

function record(number: number, more: Partial<ContainerRecord> = {}): ContainerRecord {
  const version = more.version ?? keys[0]!;
  return {
    ...{ schema: 1, slipway: '1.0.0', platform: 'before', container: idOf(number), launch: `launch-${number}` },
    ...{ replica: ReplicaId.parse(`${version}-r${number}`), version, fit: 'fits', image: 'sha256:1' },
    ...{ node: NodeName.parse('node-1'), gpus: [], startedAt: number },
    ...more,
  };
}

function seen(
  of: ContainerRecord,
  more: Partial<SeenContainer> = {},
  labels: Record<string, string> = {},
): SeenContainer {
  const Labels = {
    ...{ [homeLabel]: 'mine', [platformLabel]: 'before', [launchLabel]: of.launch, [replicaLabel]: of.replica },
    ...labels,
  };
  return { Id: of.container, State: 'running', Labels, ...more };
}

describe('the sorting of what an earlier platform left', () => {
  const one = record(1);
  const only = (container: SeenContainer, of: ContainerRecord = one): [number, number] => {
    const { candidates, doomed } = sortFound([container], [of], present);
    return [candidates.length, doomed.length];
  };

  it('takes what runs and is known', () => assert.deepEqual(only(seen(one)), [1, 0]));

  for (const [what, container, of] of [
    ['without a record', seen(record(2)), one],
    ['that is paused', seen(one, { State: 'paused' }), one],
    ['that was never started', seen(one, { State: 'created' }), one],
    ['that was to end', seen(one), { ...one, disowned: true as const }],
    ['of another Slipway', seen(one), { ...one, slipway: '0.9.0' }],
    ['of another launch', seen(one, {}, { [launchLabel]: 'another' }), one],
    ['of another replica', seen(one, {}, { [replicaLabel]: 'another' }), one],
    ['whose replica is of another version', seen(record(1, { version: keys[1]! })), { ...one, version: keys[1]! }],
  ] as const) {
    it(`ends one ${what}`, () => assert.deepEqual(only(container, of), [0, 1]));
  }

  it('leaves alone what is of another home, and what this platform started itself', () => {
    assert.deepEqual(only(seen(one, {}, { [homeLabel]: 'another' })), [0, 0]);
    assert.deepEqual(only(seen(one, {}, { [platformLabel]: 'now' })), [0, 0]);
  });

  it('keeps the newer of two that run for one replica', () => {
    const older = record(2, { replica: one.replica, startedAt: 0 });
    for (const order of [
      [one, older],
      [older, one],
    ]) {
      const sorted = sortFound(
        order.map((each) => seen(each)),
        order,
        present,
      );
      assert.deepEqual(sorted.candidates, [one]);
      assert.deepEqual(
        sorted.doomed.map(({ container }) => container),
        [older.container],
      );
    }
  });
});

describe('what is taken over, whatever was left', () => {
  const some = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
  const world = fc.array(
    fc.record({
      replica: fc.nat({ max: 4 }),
      version: some(...keys),
      home: some('mine', 'other'),
      platform: some('before', 'now', 'long ago'),
      state: some('running', 'running', 'paused', 'exited'),
      slipway: some('1.0.0', '1.0.0', '0.9.0'),
      fit: some('fits', 'other'),
      isKnown: fc.boolean(),
      isRight: some(true, true, false),
      startedAt: fc.nat({ max: 3 }),
    }),
    { maxLength: 12 },
  );

  it('is of this home and not of this platform, runs, is known, and is one for each replica; all else of the home ends', () => {
    fc.assert(
      fc.property(world, (parts) => {
        const records: ContainerRecord[] = [];
        const containers = parts.map((part, index) => {
          const { version, slipway, fit, startedAt } = part;
          const replica = ReplicaId.parse(`${version}-r${part.replica}`);
          const kept = record(index, { version, replica, slipway, fit, startedAt });
          if (part.isKnown) records.push(kept);
          const labels = { [homeLabel]: part.home, [platformLabel]: part.platform };
          return seen(kept, { State: part.state }, { ...labels, ...(part.isRight ? {} : { [launchLabel]: 'no' }) });
        });
        const { candidates, doomed } = sortFound(containers, records, present);
        const taken = candidates.map(({ container }) => container);
        const ended = doomed.map(({ container }) => container);
        const expected = containers.filter(
          ({ Labels }) => Labels[homeLabel] === 'mine' && Labels[platformLabel] !== 'now',
        );
        assert.deepEqual([...taken, ...ended].sort(), expected.map(({ Id }) => Id).sort());
        assert.equal(new Set(candidates.map(({ replica }) => replica)).size, candidates.length);
        for (const id of taken) {
          const part = parts[Number.parseInt(id, 16)]!;
          assert.ok(part.isKnown && part.isRight && part.state === 'running' && part.slipway === '1.0.0');
        }
        for (const key of keys) {
          const { fitting, unfit } = claim(candidates, key, 'fits');
          assert.ok(fitting.every(({ fit, version }) => fit === 'fits' && version === key));
          assert.equal(fitting.length + unfit.length, candidates.filter(({ version }) => version === key).length);
          const ordinals = fitting.map((each) => ordinalOf(each)!);
          assert.deepEqual(
            ordinals,
            [...ordinals].sort((a, b) => a - b),
          );
        }
      }),
    );
  });
});

describe('what makes a container what it is', () => {
  const version = (manifest: object, bundle = 'a'): EngineVersion => ({
    key: keys[0]!,
    task: TaskName.parse('a'),
    id: VersionId.parse('v1'),
    bundle: BundleDigest.parse(`sha256:${bundle.repeat(64)}`),
    manifest: Manifest.parse({ name: 'a', main: 'a.py', ...manifest }),
  });

  it('changes with the bundle, the manifest, the image and the way to its worker, and with nothing else', () => {
    const fits = [
      fitOf(version({}), 'sha256:1', 'socket'),
      fitOf(version({}, 'b'), 'sha256:1', 'socket'),
      fitOf(version({ resources: { memory: '3Gi' } }), 'sha256:1', 'socket'),
      fitOf(version({}), 'sha256:2', 'socket'),
      fitOf(version({}), 'sha256:1', 'port'),
    ];
    assert.equal(new Set(fits).size, fits.length);
    assert.equal(fitOf(version({}), 'sha256:1', 'socket'), fits[0]);
  });
});
