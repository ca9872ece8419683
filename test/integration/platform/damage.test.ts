// What can happen to the files under a platform: a full disk, a damaged or too new state, a second platform on the same home.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { ask } from '../../support/raw-http.ts';
import { isAlive } from '../../support/process-table.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { writeEcho } from '../../support/echo-service.ts';
import { until } from '../../support/waiting.ts';

const up = async (slipway: SlipwayCommand): Promise<{ port: number; pid: number }> => {
  const { inference, pid } = await slipway.json('up', '--port', '0', '--control-port', '0');
  return { port: Number(new URL(inference as string).port), pid: pid as number };
};

describe('the files under a whole platform', () => {
  let folder: string;
  let slipway: SlipwayCommand;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-damage-')));
    slipway = new SlipwayCommand(folder);
  });

  after(async () => {
    await slipway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const serves = async (port: number, task: string): Promise<void> =>
    assert.equal((await ask(port, `/${task}`, 'abc')).body, 'cba');

  it('F29: with a full disk, bundles and changes are refused, what runs goes on, and nothing is lost', async function () {
    const small = join(folder, 'small');
    await SmallDisk.with(this, small, 12, async (disk) => {
      const tight = new SlipwayCommand(small);
      try {
        const { port, pid } = await up(tight);
        await tight.json('deploy', await writeEcho(folder, 'tight'));
        disk.fill();
        // The bundle.
        const large = await writeEcho(folder, 'large', {}, 'x'.repeat(100_000));
        assert.equal((await tight.error(3, 'deploy', large)).code, 'disk_full');
        // The state: what was not written is not in force, and is told.
        assert.equal((await tight.error(3, 'scale', 'tight', '2')).code, 'disk_full');
        const { replicas } = await tight.json('status', 'tight');
        assert.equal((replicas as unknown[]).length, 1);
        // The log: not a line of it fits any more, and nobody minds.
        const lines = readFileSync(join(tight.home, 'platform.log'), 'utf8').length;
        await tight.json('fault', 'inject', 'kill', 'tight');
        await until(async () => (await ask(port, '/tight', 'abc')).body === 'cba', 30_000);
        assert.ok(readFileSync(join(tight.home, 'platform.log'), 'utf8').length - lines < 4096);
        assert.ok(isAlive(pid));
        // Killed, it says why it does not start, and comes back as it was when there is room.
        process.kill(pid, 'SIGKILL');
        await until(() => !isAlive(pid));
        assert.equal((await tight.error(3, 'up', '--port', '0', '--control-port', '0')).code, 'disk_full');
        const halves = readdirSync(tight.home).filter((name) => /\.[0-9a-f]{8}$/.test(name));
        assert.deepEqual(halves, [], 'files that could not be written whole are not left');
        disk.free();
        const again = await up(tight);
        await until(async () => (await ask(again.port, '/tight', 'abc')).status === 200, 30_000);
        await serves(again.port, 'tight');
        await tight.json('scale', 'tight', '2');
        await tight.json('deploy', large);
        await serves(again.port, 'large');
      } finally {
        await tight.close();
      }
    });
  }).timeout(120_000);

  it('F37: beside a truncated and a garbled state file the others serve; both are kept aside and told of', async () => {
    await up(slipway);
    for (const name of ['good', 'cut', 'garbled']) await slipway.json('deploy', await writeEcho(folder, name));
    await slipway.json('down');
    const tasks = join(slipway.home, 'tasks');
    const fileOf = (task: string): string =>
      join(
        tasks,
        readdirSync(tasks).find((name) => name.startsWith(`${task}-`))!,
      );
    truncateSync(fileOf('cut'), 200);
    const garbled = readFileSync(fileOf('garbled'));
    garbled.fill(0xa5, garbled.length >> 1);
    writeFileSync(fileOf('garbled'), garbled);
    const { port } = await up(slipway);
    await until(async () => (await ask(port, '/good', 'abc')).status === 200, 30_000);
    await serves(port, 'good');
    const names = ((await slipway.json('tasks'))['tasks'] as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ['good']);
    const { stdout } = await slipway.run('events');
    assert.match(stdout, /cut-.*damaged/);
    assert.match(stdout, /garbled-.*damaged/);
    assert.equal(readdirSync(tasks).filter((name) => /\.damaged-\d+$/.test(name)).length, 2);
    // The name is free again.
    await slipway.json('deploy', await writeEcho(folder, 'cut'));
    await serves(port, 'cut');
  }).timeout(120_000);

  it('F37: the state of a newer version is left as it is, and the platform does not start on it', async () => {
    await slipway.json('down');
    const tasks = join(slipway.home, 'tasks');
    const file = join(
      tasks,
      readdirSync(tasks).find((name) => name.startsWith('good-') && name.endsWith('.json'))!,
    );
    const before = readFileSync(file, 'utf8');
    const newer = before.replace(/"slipwayState":\d+/, '"slipwayState":99');
    writeFileSync(file, newer);
    const { code, message } = await slipway.error(1, 'up', '--port', '0', '--control-port', '0');
    assert.equal(code, 'state_newer');
    assert.match(message, /99/);
    assert.equal(readFileSync(file, 'utf8'), newer);
    writeFileSync(file, before);
    const { port } = await up(slipway);
    await until(async () => (await ask(port, '/good', 'abc')).status === 200, 30_000);
  }).timeout(60_000);

  it('F37: of two platforms for one home the second one says that the first runs, which serves on', async () => {
    const first = await up(slipway);
    const [one, other] = await Promise.all([slipway.json('up'), slipway.json('up')]);
    assert.deepEqual([one['pid'], other['pid']], [first.pid, first.pid], 'both find the one that runs');
    const { code, message } = await slipway.error(1, 'up', '--foreground');
    assert.equal(code, 'platform_running');
    assert.match(message, new RegExp(String(first.pid)));
    await serves(first.port, 'good');
    await slipway.json('down');
    const started = await Promise.all([1, 2, 3].map(() => slipway.run('up', '--json')));
    const pids = started
      .filter((outcome) => outcome.code === 0)
      .map(({ stdout }) => (JSON.parse(stdout) as { pid: number }).pid);
    assert.equal(new Set(pids).size, 1, JSON.stringify(started));
  }).timeout(60_000);
});
