// Whatever ends a container: replicas come back, reasons are told, and nothing stays behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, it } from 'mocha';
import {
  containerName,
  homeLabel,
  homeMark,
  platformLabel,
} from '../../emulator/engine/local/docker/container-marks.ts';
import { startDockerBench, testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { echoService, loading, type EngineBench } from '../support/engine-bench.ts';
import { until } from '../support/waiting.ts';

const limitMs = 60_000;

describe('containers that end', () => {
  const engine = useDockerEngine();
  let bench: EngineBench | undefined;
  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });
  const mine = (): Promise<{ Id: string; Names: string[]; Labels: Record<string, string> }[]> =>
    engine().docker.listContainers({
      all: true,
      filters: { label: [`${homeLabel}=${homeMark(realpathSync(bench!.home.root))}`] },
    });

  it('F34 a container that wants more memory than it may is told as out of memory, and comes back', async () => {
    bench = await startDockerBench(engine());
    const version = bench.version(loading('self.kept = bytearray(300 * 1024 * 1024)'), {
      resources: { memory: '128Mi' },
    });
    bench.engine.apply(version, 1);
    const [failed] = await bench.when(version, 'failed', 1, limitMs);
    assert.equal(failed?.reason?.code, 'replica_oom');
    assert.match(failed.reason.message, /128 MiB/);
    assert.ok(bench.exits[0]!.restartInMs !== null);
  });

  it('F27 a paused container is ended as frozen and replaced', async () => {
    bench = await startDockerBench(engine(), { frozenMs: 2000 });
    const version = bench.version(echoService, { health: { silenceMs: 60_000 } });
    const [replica] = await bench.ready(version);
    await engine().docker.getContainer(replica!.container!).pause();
    const [failed] = await bench.when(version, 'failed', 1, limitMs);
    assert.equal(failed?.reason?.code, 'replica_frozen');
    assert.match(failed.reason.message, /stopped from outside/);
    const [after] = await bench.when(version, 'ready', 1, limitMs);
    assert.notEqual(after?.container, replica!.container);
  });

  it('F27 a replica that a rehearsal freezes is a paused container, and goes on by itself', async () => {
    bench = await startDockerBench(engine());
    const version = bench.version(echoService, { health: { silenceMs: 60_000 } });
    const [replica] = await bench.ready(version);
    const container = engine().docker.getContainer(replica!.container!);
    await bench.engine.faultReplica(replica!.id, { kind: 'freeze', ms: 1500 });
    await until(async () => (await container.inspect()).State.Paused, limitMs);
    await until(async () => !(await container.inspect()).State.Paused, limitMs);
    assert.equal(bench.replicas(version, 'ready')[0]?.container, replica!.container);
  });

  it('F34 a container that somebody kills or removes is replaced', async () => {
    bench = await startDockerBench(engine());
    const version = bench.version(echoService);
    const [one, other] = await bench.ready(version, 2);
    await engine().docker.getContainer(one!.container!).kill();
    await engine().docker.getContainer(other!.container!).remove({ force: true });
    await until(() => bench!.exits.length === 2, limitMs);
    assert.ok(bench.exits.every(({ signal }) => signal === 'SIGKILL'));
    const replicas = await bench.when(version, 'ready', 2, limitMs);
    assert.ok(replicas.every(({ restarts }) => restarts === 1));
  });

  it('F34 a name that somebody else has taken is not touched, and the replica starts under another', async () => {
    bench = await startDockerBench(engine());
    const version = bench.version(echoService);
    const marks = { home: homeMark(realpathSync(bench.home.root)), platform: '' };
    const name = containerName(marks, { replica: `${version.key}-r0` } as Parameters<typeof containerName>[1]);
    const stranger = await engine().docker.createContainer({ name, Image: testBase, Cmd: ['true'] });
    const [replica] = await bench.ready(version);
    const { Name } = await engine().docker.getContainer(replica!.container!).inspect();
    assert.match(Name, new RegExp(`^/${name}-[0-9a-f]+$`));
    assert.equal((await stranger.inspect()).Name, `/${name}`);
    await stranger.remove();
  });

  it('F34 an image that is gone is built again', async () => {
    bench = await startDockerBench(engine());
    const version = bench.version(echoService);
    const [replica] = await bench.ready(version);
    const { Image } = await engine().docker.getContainer(replica!.container!).inspect();
    bench.engine.apply(version, 0);
    await until(async () => (await mine()).length === 0, limitMs);
    await engine().docker.getImage(Image).remove({ force: true });
    await bench.ready(version);
  });

  it('F34 leftovers of an earlier platform of this home are removed, and nobody else’s', async () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'dkb-'));
    bench = await startDockerBench(engine(), { folder });
    const label = { [homeLabel]: homeMark(realpathSync(bench.home.root)), [platformLabel]: 'an-earlier-one' };
    const make = (Labels: Record<string, string>): Promise<{ id: string }> =>
      engine().docker.createContainer({ Image: testBase, Cmd: ['sleep', '1000'], Labels });
    const leftover = await make(label);
    const foreign = await make({ ...label, [homeLabel]: 'another-home' });
    await engine().docker.getContainer(leftover.id).start();
    await bench.engine.close();
    bench = await startDockerBench(engine(), { folder });
    await assert.rejects(engine().docker.getContainer(leftover.id).inspect(), { statusCode: 404 });
    await engine().docker.getContainer(foreign.id).remove({ force: true });
  });

  it('F26 kill -9 of the process that holds the engine: no container is left', async () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'dkb-'));
    const script = join(import.meta.dirname, '../support/docker-holder.ts');
    const holder = spawn(process.execPath, ['--import', 'tsx', script, engine().socket, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: holder.stdout }).once('line', () => resolve());
      holder.once('exit', () => reject(new Error('the holder ended before its replicas were ready')));
    });
    const label = [`${homeLabel}=${homeMark(realpathSync(join(folder, 'home')))}`];
    const left = () => engine().docker.listContainers({ all: true, filters: { label } });
    assert.equal((await left()).length, 2);
    holder.kill('SIGKILL');
    await until(async () => (await left()).length === 0, limitMs);
    rmSync(folder, { recursive: true, force: true });
  });

  it('an Engine without GPUs says so, and what to do', async () => {
    bench = await startDockerBench(engine(), { nodes: '1:cpu=2,memory=1Gi,gpu=1' });
    const version = bench.version(echoService, { resources: { gpu: 1 } });
    bench.engine.apply(version, 1);
    const [failed] = await bench.when(version, 'failed', 1, limitMs);
    assert.equal(failed?.reason?.code, 'gpu_unavailable', failed?.reason?.message);
    assert.match(failed.reason.hint!, /slipway doctor/);
  });

  it('takes everything from a container that a replica does not need', async () => {
    bench = await startDockerBench(engine());
    const probe = [
      'def write(path):\n            try:\n                open(path, "w").close()\n                return "written"',
      '            except OSError as error:\n                return type(error).__name__',
      '        print(os.getuid(), write("/tmp/x"), write("/opt/x"), write("x"), os.path.exists("/var/run/docker.sock"))',
      '        print([l.split()[1] for l in open("/proc/self/status") if l.startswith(("CapEff", "NoNewPrivs"))])',
    ].join('\n');
    const version = bench.version(loading(probe), { resources: { cpu: 0.5, memory: '256Mi', pids: 64 } });
    const [replica] = await bench.ready(version);
    const { HostConfig } = await engine().docker.getContainer(replica!.container!).inspect();
    assert.equal(HostConfig.Memory, 256 * 1024 ** 2);
    assert.equal(HostConfig.MemorySwap, HostConfig.Memory);
    assert.equal(HostConfig.NanoCpus, 5e8);
    assert.equal(HostConfig.PidsLimit, 64);
    assert.equal(HostConfig.Privileged, false);
    await until(() => bench!.outputs.length >= 2, limitMs);
    assert.deepEqual(
      bench.outputs.map(({ text }) => text),
      ['10001 written OSError OSError False', "['0000000000000000', '1']"],
    );
  });
});
