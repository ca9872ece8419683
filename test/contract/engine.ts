// What every engine must do, whatever its replicas run in. Called with a way to start one; services need no dependency.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import type { EngineReplica } from '../../emulator/engine/engine.ts';
import { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import { echoService, loading, type EngineBench } from '../support/engine-bench.ts';
import { until } from '../support/waiting.ts';

export interface EngineUnderTest {
  readonly name: string;
  /** Starts an engine with two nodes of 4 cores, 4 GiB and no GPU each, unless `cluster` says otherwise. */
  start(): Promise<EngineBench>;
  /** What is left of an engine that was closed: processes, containers, sockets. Empty is right. */
  leftOf(bench: EngineBench): Promise<readonly string[]>;
  /**
   * Of an engine that leaves nodes and placement to others: a crash brings another replica instead of the same one, nodes are
   * those that have replicas, and replicas outlive the engine.
   */
  readonly cluster?: {
    /** Cores that two replicas may have, one on each node, and a third one that does not fit beside them. */
    readonly large: number;
    readonly small: number;
  };
}

/** Pods take longer than processes to be gone, on a machine that has other work. */
const goneMs = 60_000;

export function engineContract(under: EngineUnderTest): void {
  describe(`${under.name} as an engine`, () => {
    let bench: EngineBench | undefined;
    const start = async (): Promise<EngineBench> => (bench = await under.start());
    afterEach(async () => {
      await bench?.close();
      bench = undefined;
    });

    it('brings up as many replicas as are wanted, each with a node and an address that answers', async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      const replicas = await it.ready(version, 3);
      assert.equal(new Set(replicas.map(({ id }) => id)).size, 3);
      assert.deepEqual(new Set(replicas.map(({ node }) => node)).size, 2, 'spread over both nodes');
      for (const replica of replicas) {
        assert.equal(replica.restarts, 0);
        await reach(replica);
      }
      assert.deepEqual(engine.snapshot().versions, [
        { key: version.key, wanted: 3, preparation: { state: 'prepared' } },
      ]);
    });

    it('drains what is too many and keeps the others untouched', async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      const before = await it.ready(version, 3);
      engine.apply(version, 1);
      await until(() => it.replicas(version).length === 1, goneMs);
      const [left] = it.replicas(version, 'ready');
      assert.ok(before.some(({ id, pid }) => id === left?.id && pid === left.pid));
      const gone = before.find(({ id }) => id !== left?.id)!;
      const states = it.states(gone.id);
      // The end of a container and that of its pod may be told together.
      if (under.cluster !== undefined && states.at(-1) === 'draining') states.push('stopped');
      assert.deepEqual(states.slice(-3), ['ready', 'draining', 'stopped']);
    });

    it('takes only the last word when it is told several things at once', async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      for (const count of [1, 3, 0, 2]) engine.apply(version, count);
      await it.when(version, 'ready', 2);
      await until(() => it.replicas(version).length === 2, goneMs);
    });

    it('keeps a version prepared at 0 replicas, and forgets it when it is removed', async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      await it.ready(version, 1);
      engine.apply(version, 0);
      await until(() => it.replicas(version).length === 0, goneMs);
      assert.equal(engine.snapshot().versions[0]?.preparation.state, 'prepared');
      await it.ready(version, 1);
      engine.remove(version.key);
      await until(() => it.replicas(version).length === 0, goneMs);
      assert.deepEqual(engine.snapshot().versions, []);
      engine.remove(version.key);
      engine.remove(VersionKey.parse('never-v1-00000000'));
    });

    const again =
      under.cluster === undefined ? 'starts it again after a pause, with its id' : 'has another one instead';
    it(`tells that a replica was killed, and ${again}`, async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      const [before] = await it.ready(version, 1);
      engine.kill(before!.id);
      await until(() => it.exits.length === 1, goneMs);
      assert.equal(it.exits[0]?.replica, before!.id);
      if (under.cluster !== undefined) {
        const [other] = await it.when(version, 'ready');
        assert.notEqual(other?.id, before!.id);
        return;
      }
      assert.equal(it.exits[0].restartInMs, 500);
      const [failed] = it.replicas(version, 'failed');
      assert.equal(failed?.reason?.code, 'replica_killed');
      const [after] = await it.when(version, 'ready');
      assert.equal(after?.id, before!.id);
      assert.equal(after.restarts, 1);
      assert.equal(after.reason, undefined);
    });

    it('refuses to kill a replica that is not there', async () => {
      const { engine } = await start();
      const id = ReplicaId.parse('never-v1-00000000-r0');
      assert.throws(() => engine.kill(id), { code: 'replica_not_found' });
    });

    it("shows a service that does not load as failed, with the user's own traceback", async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(loading('self.weights = read_weights()'));
      engine.apply(version, 1);
      const [failed] = await it.when(version, 'failed');
      assert.equal(failed?.reason?.code, 'load_failed');
      assert.match(failed.reason.message, /NameError/);
      assert.match(failed.reason.traceback ?? '', /main\.py", line \d+, in load_model/);
      assert.doesNotMatch(failed.reason.traceback ?? '', /loading\.py|worker\.py/);
    });

    it('lets a replica that fits nowhere wait, with what each node lacks, and places it when there is room', async () => {
      const { engine, ...it } = bound(await start());
      const cores = under.cluster ?? { large: 3, small: 2 };
      const large = it.version(echoService, { resources: { cpu: cores.large } });
      const small = it.version(echoService, { resources: { cpu: cores.small } });
      await it.ready(large, 2);
      engine.apply(small, 1);
      await until(() => it.replicas(small, 'placing')[0]?.reason !== undefined, goneMs);
      const { reason } = it.replicas(small)[0]!;
      assert.equal(reason?.code, 'cannot_place');
      const lacks = /needs 2 CPU, node-1 has 1 of 4 CPU free, node-2 has 1 of 4 CPU free/;
      assert.match(reason.message, under.cluster === undefined ? lacks : /Insufficient cpu/);
      engine.apply(large, 1);
      const [placed] = await it.when(small, 'ready');
      assert.equal(placed?.reason, undefined);
    });

    it('gives whole snapshots, each watcher the present one at once, and none after it stopped watching', async () => {
      const { engine, ...it } = bound(await start());
      const version = it.version(echoService);
      await it.ready(version, 1);
      const seen: number[] = [];
      // One replica, one version, and both nodes or the one that has the replica.
      const whole = under.cluster === undefined ? 4 : 3;
      const ignore = (): void => undefined;
      const stop = engine.watch({
        snapshot: ({ replicas, nodes, versions }) => seen.push(replicas.length + nodes.length + versions.length),
        output: ignore,
        exited: ignore,
      });
      assert.deepEqual(seen, [whole]);
      stop();
      engine.apply(version, 0);
      await until(() => it.replicas(version).length === 0, goneMs);
      assert.deepEqual(seen, [whole]);
      if (under.cluster !== undefined) return;
      const used = engine.snapshot().nodes.map((node) => node.used);
      assert.deepEqual(used, [
        { cpu: 0, memoryBytes: 0, gpu: 0 },
        { cpu: 0, memoryBytes: 0, gpu: 0 },
      ]);
    });

    it('goes on telling the others when one listener throws', async () => {
      const { engine, ...it } = bound(await start());
      const fail = (): never => {
        throw new Error('a listener');
      };
      engine.watch({ snapshot: fail, output: fail, exited: fail });
      const version = it.version(loading('print("hello")', 'os.write(1, b"raw\\n")'));
      await it.ready(version, 1);
      await until(() => it.outputs.length >= 2, goneMs);
      assert.deepEqual(it.outputs.map(({ text }) => text).sort(), ['hello', 'raw']);
      assert.ok(it.outputs.every(({ stream, key }) => stream === 'stdout' && key === version.key));
    });

    if (under.cluster !== undefined) {
      it('leaves its replicas serving when it is closed, takes no orders after, and another one finds them', async () => {
        const { engine, ...it } = bound(await start());
        const version = it.version(echoService);
        const before = await it.ready(version, 2);
        await engine.close();
        await engine.close();
        engine.apply(version, 1);
        engine.remove(version.key);
        const next = await under.start();
        try {
          const found = await next.when(version, 'ready', 2);
          assert.deepEqual(ids(found), ids(before));
          for (const replica of found) await reach(replica);
        } finally {
          await next.close();
        }
      });
      return;
    }

    it('leaves nothing when it is closed, and takes no orders after', async () => {
      const started = await start();
      const { engine, ...it } = bound(started);
      const version = it.version(echoService);
      await it.ready(version, 2);
      const failing = it.version(loading('raise ValueError(1)'));
      engine.apply(failing, 1);
      await it.when(failing, 'failed');
      await engine.close();
      await engine.close();
      engine.apply(version, 1);
      assert.deepEqual(engine.snapshot().replicas, []);
      assert.deepEqual(await under.leftOf(started), []);
    });
  });
}

function ids(replicas: readonly EngineReplica[]): readonly string[] {
  return replicas.map(({ id }) => id).sort();
}

/** The members of a bench, to be called without it. */
function bound(bench: EngineBench) {
  return {
    engine: bench.engine,
    exits: bench.exits,
    outputs: bench.outputs,
    version: bench.version.bind(bench),
    ready: bench.ready.bind(bench),
    when: bench.when.bind(bench),
    replicas: bench.replicas.bind(bench),
    states: bench.states.bind(bench),
  };
}

function reach({ address }: EngineReplica): Promise<void> {
  assert.ok(address !== undefined);
  const target = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const socket = connect(target, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
