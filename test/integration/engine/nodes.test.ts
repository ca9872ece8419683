// Emulated nodes that fail, with real workers on them.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { LocalEngine } from '../../../emulator/engine/local/local-engine.ts';
import { NodeName } from '../../../schemas/ids.ts';
import { echoService, EngineBench } from '../../support/engine-bench.ts';
import { isAlive } from '../../support/process-table.ts';
import { until } from '../../support/waiting.ts';

const one = NodeName.parse('node-1');
const two = NodeName.parse('node-2');

describe('emulated nodes', () => {
  let bench: EngineBench;
  afterEach(() => bench.close());
  const start = async (nodes: string): Promise<LocalEngine> => {
    bench = await EngineBench.start({ nodes });
    assert.ok(bench.engine instanceof LocalEngine);
    return bench.engine;
  };

  it('a node that is killed takes its replicas along, which are replaced elsewhere at once', async () => {
    const engine = await start('2');
    const version = bench.version(echoService);
    const before = await bench.ready(version, 2);
    const victim = before.find(({ node }) => node === one)!;
    await engine.faultNode(one, { kind: 'kill' });
    assert.deepEqual(bench.replicas(version).find(({ id }) => id === victim.id)?.reason?.code, 'node_lost');
    await until(() => bench.replicas(version, 'ready').filter(({ node }) => node === two).length === 2);
    await until(() => !isAlive(victim.pid!));
    await until(() => bench.replicas(version).length === 2);
    assert.deepEqual(bench.states(victim.id).slice(-2), ['ready', 'lost']);
    assert.deepEqual(
      engine.snapshot().nodes.map(({ name, state, replicas }) => [name, state, replicas]),
      [
        [one, 'lost', 0],
        [two, 'ready', 2],
      ],
    );
  });

  it('a node that is cut off keeps its processes until it is back, though they are replaced', async () => {
    const engine = await start('2');
    const version = bench.version(echoService);
    const before = await bench.ready(version, 2);
    const victim = before.find(({ node }) => node === one)!;
    await engine.faultNode(one, { kind: 'cut' });
    await until(() => bench.replicas(version, 'ready').length === 2 && bench.replicas(version, 'lost').length === 1);
    assert.ok(isAlive(victim.pid!));
    await engine.faultNode(one, { kind: 'restore' });
    await until(() => !isAlive(victim.pid!));
    await until(() => bench.replicas(version).length === 2);
  });

  it('when no node is up, replicas wait until one is back', async () => {
    const engine = await start('1');
    const version = bench.version(echoService);
    await bench.ready(version);
    await engine.faultNode(one, { kind: 'kill' });
    await until(() => /node-1 is lost/.test(bench.replicas(version, 'placing')[0]?.reason?.message ?? ''));
    await engine.faultNode(one, { kind: 'restore' });
    await bench.when(version, 'ready');
  });

  it('closes with a node cut off', async () => {
    const engine = await start('1');
    const [replica] = await bench.ready(bench.version(echoService));
    await engine.faultNode(one, { kind: 'cut' });
    await engine.close();
    assert.ok(!isAlive(replica!.pid!));
  });

  it('refuses a node that there is not', async () => {
    const engine = await start('1');
    await assert.rejects(engine.faultNode(two, { kind: 'kill' }), {
      code: 'node_not_found',
      message: /there are node-1/,
    });
  });

  it('gives each replica GPUs of its own, and says which node lacks one', async () => {
    await start('1:gpu=1;1:gpu=2');
    const source = echoService.replace('pass', 'import os; print(os.environ["CUDA_VISIBLE_DEVICES"])');
    const version = bench.version(source, { resources: { gpu: 1 } });
    bench.engine.apply(version, 4);
    await bench.when(version, 'ready', 3);
    await until(() => bench.outputs.length === 3);
    assert.deepEqual(bench.outputs.map(({ text }) => text).sort(), ['0', '0', '1']);
    const [waiting] = bench.replicas(version, 'placing');
    assert.match(waiting?.reason?.message ?? '', /needs 1 GPU, node-1 has 0 of 1 GPU free, node-2 has 0 of 2 GPU free/);
  });

  it('a GPU that fails takes the replica that had it along, which is placed on another one', async () => {
    const engine = await start('1:gpu=1;1:gpu=2');
    const version = bench.version(echoService, { resources: { gpu: 1 } });
    const before = await bench.ready(version, 2);
    const victim = before.find(({ node }) => node === one)!;
    await engine.faultNode(one, { kind: 'loseGpu' });
    await until(() => bench.replicas(version, 'ready').filter(({ node }) => node === two).length === 2);
    assert.deepEqual(bench.states(victim.id).slice(-2), ['ready', 'lost']);
    assert.deepEqual(
      engine.snapshot().nodes.map(({ state, capacity }) => [state, capacity?.gpu]),
      [
        ['ready', 0],
        ['ready', 2],
      ],
    );
    await assert.rejects(engine.faultNode(one, { kind: 'loseGpu' }), { code: 'state_conflict' });
    bench.engine.apply(version, 3);
    await until(() => /node-1 has 0 of 0 GPU free/.test(bench.replicas(version, 'placing')[0]?.reason?.message ?? ''));
    await engine.faultNode(one, { kind: 'restore' });
    await bench.when(version, 'ready', 3);
  });
});
