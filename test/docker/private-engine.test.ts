// An Engine of the test's own: reached over TLS. It ends and comes back, under replicas and under a whole platform with load: what was accepted is answered,
// and the reason is told.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { connectDocker } from '../../emulator/docker/connection.ts';
import { dockerError } from '../../emulator/docker/docker-error.ts';
import { homeLabel } from '../../emulator/engine/local/docker/container-marks.ts';
import { baseImage, pythonBase } from '../support/docker-base.ts';
import { startDockerBench, testBase } from '../support/docker-bench.ts';
import { DockerEngine, dockerMissing } from '../support/docker-engine.ts';
import { echoService, type EngineBench } from '../support/engine-bench.ts';
import { engineLeftovers } from '../support/engine-leftovers.ts';
import { withEnvironment } from '../support/environment.ts';
import { freePorts } from '../support/free-ports.ts';
import { LivePlatform } from '../support/live-platform.ts';
import { skip } from '../support/skip.ts';
import { SteadyLoad } from '../support/steady-load.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/waiting.ts';

const limitMs = 60_000;
const ratePerSecond = 30;
const reverse = `
class Service:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return [item.body[::-1] for item in data]
`;

describe('the Docker Engine itself', function () {
  this.timeout(300_000);
  let own: DockerEngine | undefined;
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  let tls: Awaited<ReturnType<typeof tlsFiles>> | undefined;
  before(async function () {
    const missing = dockerMissing();
    if (missing !== undefined) skip(this, missing);
    // As on most machines: killing dockerd does not kill what runs its containers.
    folder = await temporaryFolder();
    tls = await tlsFiles(folder.path);
    own = await DockerEngine.start({ apart: true, args: tls.args });
    await baseImage(own.docker, pythonBase);
  });
  after(async () => {
    await own?.close();
    await folder?.remove();
  });
  const engine = (): DockerEngine => own!;
  let bench: EngineBench | undefined;
  afterEach(async () => {
    await bench?.close();
    bench = undefined;
  });

  it('is reached over TLS, by whom it knows and when it is the one that is known', async () => {
    const { port } = tls!;
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder!.path };
    await withEnvironment(env, async () => {
      const docker = connectDocker();
      bench = await startDockerBench({ docker }, {}, { link: 'port' });
      await bench.ready(bench.version(echoService));
    });
    const stranger = await temporaryFolder();
    try {
      await tlsFiles(stranger.path);
      const ask = connectDocker({ kind: 'tcp', host: '127.0.0.1', port, tls: { folder: stranger.path } }).info();
      const refused = await ask.then(
        () => undefined,
        (error: unknown) => dockerError(error, 'describe itself'),
      );
      assert.equal(refused?.code, 'docker_unreachable', refused?.message);
    } finally {
      await stranger.remove();
    }
  });

  it('F34 stopped and started mid-run: replicas come back by themselves', async () => {
    bench = await startDockerBench(engine(), { frozenMs: 2000 });
    const version = bench.version(echoService);
    const before = await bench.ready(version, 2);
    await engine().down();
    await until(() => bench!.replicas(version, 'ready').length === 0, limitMs);
    await engine().up();
    await until(() => bench!.exits.length >= 2, limitMs);
    const after = await bench.when(version, 'ready', 2, limitMs);
    assert.ok(after.every(({ container }) => before.every((old) => old.container !== container)));
    const all = await engine().docker.listContainers({ all: true });
    assert.deepEqual(new Set(all.map(({ Id }) => Id)), new Set(after.map(({ container }) => container)));
  });

  it('F34 absent while a version is prepared: the reason says so, and it goes on when the Engine is there', async () => {
    bench = await startDockerBench(engine());
    await engine().down();
    const version = bench.version(echoService);
    bench.engine.apply(version, 1);
    await until(() => bench!.engine.snapshot().versions[0]?.preparation.state === 'failed', limitMs);
    const { preparation } = bench.engine.snapshot().versions[0]!;
    assert.ok(preparation.state === 'failed' && preparation.reason.code === 'docker_unreachable');
    await engine().up();
    await bench.when(version, 'ready', 1, limitMs);
  });

  it('F34 absent at the start: the error says what to do', async () => {
    await engine().down();
    await assert.rejects(startDockerBench(engine()), { code: 'docker_unreachable' });
    await engine().up();
  });

  for (const [how, signal] of [
    ['killed with SIGKILL', 'SIGKILL'],
    ['stopped', 'SIGTERM'],
  ] as const) {
    it(`F34 ${how} under load and started again: nothing that was accepted is lost, and the reason is told`, async () => {
      const before_ = await engineLeftovers(engine().docker);
      const env = { ...process.env, DOCKER_HOST: `unix://${engine().socket}` };
      await LivePlatform.with({ engine: 'docker', baseImage: testBase, env }, async (platform) => {
        await platform.deploy('echo', reverse, { replicas: 2 });
        const earlier = (await platform.settled('echo', 2)).replicas.map(({ container }) => container);
        const { hostname: host, port } = new URL(platform.started.inference);
        const load = new SteadyLoad([{ host, port: Number(port) }], '/echo', ratePerSecond);
        await until(() => load.right > ratePerSecond, limitMs);
        await engine().down(signal);
        await engine().up();
        const { replicas } = await platform.settled('echo', 2);
        assert.ok(replicas.every(({ container }) => !earlier.includes(container)));
        const seen = load.right;
        await until(() => load.right > seen + ratePerSecond, limitMs);
        const { lost, wrong, sent, problems } = await load.end();
        assert.deepEqual({ lost, wrong }, { lost: 0, wrong: 0 }, `${sent} sent: ${problems.join('; ')}`);
        const told = await platform.slipway('events', '--json');
        const { events } = JSON.parse(told.stdout) as {
          events: { body: { kind: string; reason?: { code: string } } }[];
        };
        const about = events.filter(({ body }) => body.kind.startsWith('engine.'));
        assert.deepEqual(
          about.map(({ body }) => [body.kind, body.reason?.code]),
          [
            ['engine.away', 'docker_unreachable'],
            ['engine.back', undefined],
          ],
        );
        const refused = events.filter(({ body }) => body.reason?.code === 'docker_refused');
        assert.deepEqual(refused, [], 'nothing of its own was taken away from it');
        const left = await engine().docker.listContainers({ all: true, filters: { label: [homeLabel] } });
        assert.deepEqual(new Set(left.map(({ Id }) => Id)), new Set(replicas.map(({ container }) => container)));
      });
      assert.deepEqual(await engineLeftovers(engine().docker), before_);
    });
  }
});

/** One certificate for all: the Engine's, the client's, and the authority that each trusts. */
async function tlsFiles(folder: string): Promise<{ readonly port: number; readonly args: readonly string[] }> {
  const { cert, key, certFile, keyFile } = await makeCertificate(folder);
  await Promise.all([
    ...['ca.pem', 'cert.pem'].map((name) => writeFile(join(folder, name), cert)),
    writeFile(join(folder, 'key.pem'), key),
  ]);
  const [port] = (await freePorts(1)) as [number];
  const files = ['--tlscacert', certFile, '--tlscert', certFile, '--tlskey', keyFile];
  return { port, args: ['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', ...files] };
}
