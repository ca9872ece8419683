// A recorded profile stands in for a service on a device that is not here, and is called a model wherever it is seen.
import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import type { Reason } from '../../../schemas/errors.ts';
import type { RehearsalReport } from '../../../schemas/scenario.ts';
import { Profile } from '../../../schemas/profile.ts';
import type { TaskView } from '../../../schemas/tasks.ts';
import { slipway, slipwayJson } from '../../support/command-line.ts';
import { inTemporaryFolder, writeTree } from '../../support/temporary-folder.ts';

/** A batch takes 30 ms and 2 more for each item; only the profile knows the answers of the card that it asks for. */
const source = `
import time

class Slow:
    def load_model(self):
        time.sleep(0.2)

    def execute(self, data, batch_size):
        time.sleep(0.03 + 0.002 * batch_size)
        return ["computed"] * batch_size
`;
const cpu = { name: 'slow', main: 'slow.py', batching: { maxBatchSize: 6 }, resources: { memory: '512Mi' } };
const device = 'NVIDIA Test 9000';

describe('a recorded profile', () => {
  it('is measured with the samples of the service: its load, each size of batch, its memory', () =>
    inTemporaryFolder(async (folder) => {
      await writeTree(join(folder, 'slow'), {
        ...{ 'slipway.json': JSON.stringify(cpu), 'slow.py': source },
        ...{ 'samples/one.txt': 'one', 'samples/two.txt': 'two' },
      });
      const options = { home: join(folder, 'home'), cwd: folder };
      await slipwayJson(['profile', 'record', 'slow', '-o', 'cpu.json'], options);
      const profile = Profile.parse(JSON.parse(await readFile(join(folder, 'cpu.json'), 'utf8')));
      assert.match(profile.device, /^CPU: ./);
      assert.deepEqual(
        profile.batches.map(({ size }) => size),
        [1, 2, 4, 6],
      );
      // What was slept at least; nothing bounds what a busy machine adds.
      for (const { size, ms } of profile.batches) assert.ok(ms >= 30 + 2 * size, `${size}: ${ms} ms`);
      assert.ok(profile.loadMs >= 200 && profile.memoryBytes > 1024 ** 2);
    }));

  it('says why it cannot be recorded: no GPU, no samples, a server', () =>
    inTemporaryFolder(async (folder) => {
      const options = { home: join(folder, 'home'), cwd: folder };
      const fails = async (name: string, manifest: object, files: Record<string, string>): Promise<string> => {
        await writeTree(join(folder, name), { 'slipway.json': JSON.stringify(manifest), ...files });
        const { code, stdout } = await slipway(['profile', 'record', name, '--json'], options);
        assert.notEqual(code, 0);
        return (JSON.parse(stdout) as { error: { code: string } }).error.code;
      };
      const code = { 'slow.py': source, 'samples/one.txt': 'one' };
      const gpu = { ...cpu, resources: { gpu: 1 } };
      // A driver that knows no card, whatever this machine has.
      const path = join(folder, 'none');
      await writeTree(path, { 'nvidia-smi': '#!/bin/sh\nexit 9\n' });
      const before = process.env['PATH'];
      process.env['PATH'] = `${path}:${before}`;
      try {
        await chmod(join(path, 'nvidia-smi'), 0o755);
        assert.equal(await fails('gpu', gpu, code), 'gpu_unavailable');
      } finally {
        process.env['PATH'] = before;
      }
      assert.equal(await fails('bare', cpu, { 'slow.py': source }), 'path_missing');
      assert.equal(await fails('server', { name: 'server', server: { command: ['x'] } }, {}), 'profile_invalid');
    }));

  it('is rehearsed on cards that are not here, and the report and the task say that it is a model', () =>
    inTemporaryFolder(async (folder) => {
      const gpu = { ...cpu, requirements: ['no-such-package-of-a-card==1'], resources: { memory: '512Mi', gpu: 1 } };
      const profile: Profile = {
        ...{ profile: 1, service: 'slow', device, recordedAt: '2026-01-01T00:00:00Z', loadMs: 300 },
        ...{ memoryBytes: 100 * 1024 ** 2, gpuMemoryBytes: 1024 ** 3, gpuTotalBytes: 8 * 1024 ** 3 },
        batches: [
          { size: 1, ms: 40, runs: 5 },
          { size: 6, ms: 60, runs: 5 },
        ],
      };
      const scenario = {
        ...{ name: 'on-a-card', service: 'slow', replicas: 2, load: [{ rate: 40, forMs: 2000 }] },
        steps: [{ do: 'fault', atMs: 500, on: { replica: 'any' }, fault: { kind: 'kill' } }],
        assert: { lost: 0, duplicated: 0, recoveryMs: 60_000 },
      };
      await writeTree(folder, {
        ...{ 'slow/slipway.json': JSON.stringify(gpu), 'slow/slow.py': source },
        ...{ 'profile.json': JSON.stringify(profile), 'scenario.json': JSON.stringify(scenario) },
      });
      const options = { home: join(folder, 'home'), cwd: folder };
      const words = ['rehearse', 'scenario.json', '--apart', '--profile', 'profile.json'];
      const { code, stdout } = await slipway([...words, '--junit', 'junit.xml', '--json'], options);
      assert.equal(code, 0, stdout);
      const report = JSON.parse(stdout) as RehearsalReport;
      assert.deepEqual(report.modelled, { v1: device });
      assert.ok(report.figures.p50Ms! >= 40, `p50 ${report.figures.p50Ms} ms`);
      const junit = await readFile(join(folder, 'junit.xml'), 'utf8');
      assert.match(junit, /testsuite name="on-a-card \[model\]"/);
      assert.match(junit, /<property name="model" value="v1 by a recorded profile of NVIDIA Test 9000"\/>/);

      await slipwayJson(['up', '--nodes', '1:gpu=2', '--port', '0', '--control-port', '0'], options);
      try {
        const deployed = await slipwayJson(['deploy', 'slow', '--profile', 'profile.json'], options);
        assert.deepEqual((deployed as { modelled: string }).modelled, device);
        const text = (await slipway(['status', 'slow'], options)).stdout;
        assert.match(text, /v1 is a model: a recorded profile of NVIDIA Test 9000 stands in for the service/);
        assert.match(text, /v1 \[model\]/);
        const { versions, url } = (await slipwayJson(['status', 'slow'], options)) as TaskView;
        assert.equal(versions[0]!.manifest.profile?.device, device);
        const begun = performance.now();
        const answer = await fetch(url, { method: 'POST', body: 'mine' });
        assert.equal(await answer.text(), 'mine');
        assert.ok(performance.now() - begun >= 40);
        await writeFile(join(folder, 'body.txt'), 'mine');
        const load = ['load', 'slow', 'body.txt', '--clients', '1', '--duration', '0.5'];
        assert.deepEqual(((await slipwayJson(load, options)) as RehearsalReport).modelled, { v1: device });
        assert.match((await slipway(load, options)).stdout, /v1 is a model: a recorded profile of NVIDIA Test 9000/);
        assert.match((await slipway(['logs', 'slow'], options)).stdout, /a model: a recorded profile of NVIDIA Test/);

        // What had no room on the card has none in its model either.
        await writeFile(
          join(folder, 'profile.json'),
          JSON.stringify({ ...profile, gpuMemoryBytes: profile.gpuTotalBytes! + 1 }),
        );
        const full = await slipway(
          ['deploy', 'slow', '--task', 'full', '--profile', 'profile.json', '--json'],
          options,
        );
        assert.equal((JSON.parse(full.stdout) as { error: Reason }).error.code, 'replica_oom');
        await writeFile(join(folder, 'profile.json'), JSON.stringify({ ...profile, batches: [] }));
        const bad = await slipway(['deploy', 'slow', '--profile', 'profile.json', '--json'], options);
        assert.match(bad.stdout, /profile_invalid.*batches/s);
      } finally {
        await slipway(['down', '--force'], options);
      }
    }));
});
