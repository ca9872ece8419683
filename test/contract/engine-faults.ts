// What every engine must do with the faults that it says it can inject. Kinds that it does not list are not asked of it.
import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'mocha';
import type { EngineReplica, EngineVersion } from '../../emulator/engine/engine.ts';
import type { ReplicaFaultKind } from '../../schemas/faults.ts';
import { NodeName, ReplicaId } from '../../schemas/ids.ts';
import { echoService, type EngineBench } from '../support/engine-bench.ts';
import { until } from '../support/waiting.ts';
import { WorkerClient } from '../support/worker-client.ts';
import type { EngineUnderTest } from './engine.ts';

/** An execute that takes 20 ms. */
const slowish = echoService
  .replace('class Service', 'import time\nclass Service')
  .replace('        return [', '        time.sleep(0.02)\n        return [');

export function faultContract(under: EngineUnderTest): void {
  describe(`${under.name} and faults`, () => {
    let bench: EngineBench | undefined;
    let standing: Victim | undefined;
    const clients: WorkerClient[] = [];
    const end = async (): Promise<void> => {
      await bench?.close();
      bench = undefined;
      standing = undefined;
    };
    afterEach(async function () {
      for (const client of clients.splice(0)) client.close();
      // What its fault did not end serves for the next one.
      if (standing === undefined || this.currentTest?.state === 'failed') await end();
    });
    after(end);

    /** One ready replica; undefined when the engine has no such fault. */
    const ready = async (kind: ReplicaFaultKind): Promise<Victim | undefined> => {
      bench ??= await under.start();
      if (!bench.engine.faults().replica.includes(kind)) return undefined;
      const version = bench.version(slowish);
      const [replica] = await bench.ready(version);
      return { bench, version, replica: replica! };
    };
    /** The same for a fault that passes: one for all of these. */
    const passing = async (kind: ReplicaFaultKind): Promise<Victim | undefined> => {
      standing ??= await ready(kind);
      return standing?.bench.engine.faults().replica.includes(kind) === true ? standing : undefined;
    };
    const dial = async ({ address }: EngineReplica): Promise<WorkerClient> => {
      const client = await WorkerClient.dial(address!);
      clients.push(client);
      return client;
    };

    it('kill ends a replica as a crash does', async () => {
      const victim = await ready('kill');
      if (victim === undefined) return;
      const { engine, exits } = victim.bench;
      await engine.faultReplica(victim.replica.id, { kind: 'kill' });
      await until(() => exits.length === 1, 60_000);
      const [after] = await victim.bench.when(victim.version, 'ready');
      if (under.cluster !== undefined) {
        assert.notEqual(after?.id, victim.replica.id);
        return;
      }
      assert.equal(after?.restarts, victim.replica.restarts + 1);
    });

    it('failLoad lets the next start fail to load, and the one after it succeed', async () => {
      const victim = await ready('failLoad');
      if (victim === undefined) return;
      const { version } = victim;
      const { engine, snapshots } = victim.bench;
      await engine.faultReplica(victim.replica.id, { kind: 'failLoad', times: 1 });
      const reasons = (): string[] =>
        snapshots.flatMap(({ replicas }) => replicas.map(({ reason }) => `${reason?.code}: ${reason?.message}`));
      await until(() => reasons().some((text) => /load_failed: .*injected/.test(text)));
      await victim.bench.when(version, 'ready');
    });

    it('slow multiplies the time of execute, until it is ended', async () => {
      const victim = await passing('slow');
      if (victim === undefined) return;
      const client = await dial(victim.replica);
      const { engine } = victim.bench;
      await engine.faultReplica(victim.replica.id, { kind: 'slow', factor: 5 });
      // The control link is another one than ours.
      await until(async () => (await client.call('x')).executeMicros >= 100_000, 20_000);
      await engine.faultReplica(victim.replica.id, { kind: 'slow', factor: 1 });
      await until(async () => (await client.call('x')).executeMicros < 100_000);
    });

    it('freeze stops a replica for a time, after which it answers what it was sent', async () => {
      const victim = await passing('freeze');
      if (victim === undefined) return;
      const client = await dial(victim.replica);
      await client.call('x');
      const began = performance.now();
      await victim.bench.engine.faultReplica(victim.replica.id, { kind: 'freeze', ms: 400 });
      let result = await client.call('y');
      // Told over a link, it begins a little after we were told that it does.
      while (performance.now() - began < 400) result = await client.call('y');
      assert.equal(result.body(0).toString(), 'y');
      assert.equal(victim.bench.replicas(victim.version, 'ready')[0]?.restarts, 0);
    });

    it('dropLink closes the links of a replica and refuses new ones for a time, and its process goes on', async () => {
      const victim = await passing('dropLink');
      if (victim === undefined) return;
      const client = await dial(victim.replica);
      await victim.bench.engine.faultReplica(victim.replica.id, { kind: 'dropLink', ms: 500 });
      await client.closed;
      let again: WorkerClient | undefined;
      await until(async () => (again ??= await dial(victim.replica).catch(() => undefined)) !== undefined);
      assert.equal((await again!.call('z')).body(0).toString(), 'z');
      assert.deepEqual(victim.bench.exits, []);
    });

    it('delayLink lets results leave late', async () => {
      const victim = await passing('delayLink');
      if (victim === undefined) return;
      const client = await dial(victim.replica);
      await victim.bench.engine.faultReplica(victim.replica.id, { kind: 'delayLink', ms: 300 });
      await until(async () => {
        const began = performance.now();
        const { executeMicros } = await client.call('x');
        return performance.now() - began - executeMicros / 1000 >= 300;
      });
    });

    it('leak ends a replica for want of memory', async () => {
      const victim = await passing('leak');
      standing = undefined;
      if (victim === undefined) return;
      const { engine, snapshots } = victim.bench;
      await engine.faultReplica(victim.replica.id, { kind: 'leak', bytesPerSecond: 2 ** 29 });
      const codes = (): (string | undefined)[] =>
        snapshots.flatMap(({ replicas }) => replicas.map(({ reason }) => reason?.code));
      await until(() => codes().some((code) => code === 'replica_oom' || code === 'replica_killed'), 30_000);
    });

    it('refuses a replica and a node that are not there', async () => {
      bench ??= await under.start();
      const never = ReplicaId.parse('never-v1-00000000-r0');
      const { engine } = bench;
      if (engine.faults().replica.includes('kill')) {
        await assert.rejects(engine.faultReplica(never, { kind: 'kill' }), { code: 'replica_not_found' });
      }
      if (engine.faults().node.includes('kill')) {
        await assert.rejects(engine.faultNode(NodeName.parse('never'), { kind: 'kill' }), { code: 'node_not_found' });
      }
    });
  });
}

interface Victim {
  readonly bench: EngineBench;
  readonly version: EngineVersion;
  readonly replica: EngineReplica;
}
