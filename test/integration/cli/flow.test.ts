import assert from 'node:assert/strict';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { TaskView } from '../../../schemas/tasks.ts';
import { isAlive } from '../../support/process-table.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';
import { until } from '../../support/waiting.ts';
import { writeWords } from '../../support/word-service.ts';

/** One platform, and a service on its way through all that can be done with it; each test goes on from the one before. */
describe('the command line, from a new service to its end', () => {
  let folder: string;
  let slipway: SlipwayCommand;
  let service: string;
  let platform: number;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-cli-')));
    slipway = new SlipwayCommand(folder);
    service = await writeWords(join(folder, 'words'), 'one');
  });

  after(async () => {
    await slipway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const status = async (): Promise<TaskView> => TaskView.parse(await slipway.json('status', 'words'));
  const answer = async (target = 'words'): Promise<unknown> =>
    (await slipway.json('call', target, '--sample'))['answer'];

  it('up --json prints control, inference, tokenFile and pid when ready, returns, and leaves the platform running', async () => {
    const ready = await slipway.json('up', '--port', '0', '--control-port', '0');
    assert.deepEqual(Object.keys(ready).sort(), ['control', 'inference', 'pid', 'tokenFile']);
    platform = ready['pid'] as number;
    assert.ok(isAlive(platform));
    const token = (await readFile(ready['tokenFile'] as string, 'utf8')).trim();
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${String(ready['control'])}/api/v1/tasks`, { headers })).status, 200);
    assert.equal((await fetch(`${String(ready['inference'])}/v2/health/live`)).status, 200);
    assert.deepEqual(await slipway.json('up'), ready, 'a second one joins the first');
  });

  it('new makes a service, and check accepts it', async () => {
    const made = await slipway.json('new', 'mine', '--template', 'python', '--name', 'mine');
    assert.deepEqual(made, { folder: join(folder, 'mine'), template: 'python', task: 'mine' });
    assert.equal((await slipway.json('check', 'mine'))['ok'], true);
    assert.equal((await slipway.error(2, 'new', 'mine')).code, 'usage');
  });

  it('deploy --json prints task, version, url and state when it serves', async () => {
    const deployed = await slipway.json('deploy', service, '--name', 'first');
    assert.deepEqual(Object.keys(deployed).sort(), ['state', 'task', 'url', 'version']);
    assert.equal(deployed['task'], 'words');
    assert.equal(deployed['version'], 'v1');
    assert.equal(deployed['state'], 'ready');
    const response = await fetch(String(deployed['url']), { method: 'POST', body: 'x' });
    assert.equal(await response.text(), 'one:x');
  });

  it('call sends a sample, a file or JSON, and says who answered', async () => {
    const called = await slipway.json('call', 'words', '--sample');
    assert.equal(called['status'], 200);
    assert.equal(called['answer'], 'one:hello');
    assert.equal(called['version'], 'v1');
    assert.match(String(called['replica']), /^words-v1-/);
    await writeFile(join(folder, 'body.txt'), 'from a file');
    assert.equal((await slipway.json('call', 'words', 'body.txt'))['answer'], 'one:from a file');
    assert.equal((await slipway.json('call', 'words@first', '--data', '[1]'))['answer'], 'one:[1]');
    assert.equal((await slipway.error(2, 'call', 'words')).code, 'usage');
    assert.equal((await slipway.error(2, 'call', 'words', '--data', '{')).code, 'usage');
  });

  it('status --json has state, since, runTimeMs, activeVersion, qps, versions and replicas', async () => {
    const view = await slipway.json('status', 'words');
    for (const field of ['state', 'since', 'runTimeMs', 'activeVersion', 'qps', 'versions', 'replicas']) {
      assert.ok(field in view, field);
    }
    const { state, activeVersion, runTimeMs, versions, replicas } = TaskView.parse(view);
    assert.equal(state, 'ready');
    assert.equal(activeVersion, 'v1');
    assert.ok(runTimeMs !== null && runTimeMs > 0);
    assert.deepEqual([versions.length, replicas.length], [1, 1]);
    const whole = await slipway.json('status');
    assert.deepEqual(Object.keys(whole).sort(), ['nodes', 'platform', 'tasks']);
    const text = (await slipway.run('status', 'words')).stdout;
    for (const part of ['ready', 'run time', 'model version', 'qps']) assert.ok(text.includes(part), text);
  });

  it('tasks, events and logs tell what there is and what happened', async () => {
    const { tasks } = (await slipway.json('tasks')) as { tasks: { name: string }[] };
    assert.deepEqual(
      tasks.map(({ name }) => name),
      ['words'],
    );
    const { events } = (await slipway.json('events', 'words')) as { events: { seq: number; body: { kind: string } }[] };
    assert.ok(events.some(({ body }) => body.kind === 'version.state'));
    const { lines } = (await slipway.json('logs', 'words')) as { lines: { text: string }[] };
    assert.ok(lines.some(({ text }) => text === 'loaded one'));
  });

  it('logs --follow shows new lines until it is interrupted, and ends with 130', async () => {
    const following = slipway.start('logs', 'words', '--follow', '--json');
    await following.line(({ text }) => text === 'loaded one');
    following.signal('SIGINT');
    assert.equal((await following.ended).code, 130);
  });

  it('load tells what it saw until it was interrupted', async () => {
    const qps = async (): Promise<number> => {
      const { versions } = (await slipway.json('status', 'words')) as { versions: { load: { qps: number } }[] };
      return versions.reduce((sum, { load }) => sum + load.qps, 0);
    };
    // Requests of the tests before would be taken for those of this load.
    await until(async () => (await qps()) === 0, 60_000);
    const loading = slipway.start('load', 'words', '--rate', '50', '--duration', '600', '--json');
    await until(async () => (await qps()) > 0, 30_000);
    loading.signal('SIGINT');
    const { code, stdout, stderr } = await loading.ended;
    assert.equal(code, 130, stdout + stderr);
    assert.ok((JSON.parse(stdout) as { requests: number }).requests > 0, stdout);
  });

  it('update brings a second version up and moves the traffic to it', async () => {
    await writeWords(service, 'two');
    const updated = await slipway.json('update', 'words', service);
    assert.equal(updated['version'], 'v2');
    assert.equal(await answer(), 'two:hello');
    assert.equal((await slipway.error(1, 'update', 'nothing', service)).code, 'task_not_found');
  });

  it('rollback and activate move the traffic back and forth', async () => {
    assert.equal((await slipway.json('rollback', 'words'))['version'], 'v1');
    assert.equal(await answer(), 'one:hello');
    assert.equal((await slipway.json('activate', 'words', 'v2'))['version'], 'v2');
    assert.equal(await answer(), 'two:hello');
    assert.equal((await slipway.error(1, 'activate', 'words', 'v9')).code, 'version_not_found');
  });

  it('scale changes the number of replicas', async () => {
    await slipway.json('scale', 'words', '2');
    await until(async () => (await status()).replicas.filter(({ state }) => state === 'ready').length === 2);
    assert.equal((await slipway.error(2, 'scale', 'words', 'many')).code, 'usage');
  });

  it('stop ends the replicas, and start brings them back', async () => {
    assert.equal((await slipway.json('stop', 'words'))['state'], 'stopped');
    assert.equal((await status()).replicas.length, 0);
    assert.equal((await slipway.error(3, 'call', 'words', '--sample')).code, 'no_replica');
    assert.equal((await slipway.json('start', 'words'))['state'], 'ready');
    assert.equal(await answer(), 'two:hello');
  });

  it('a version that does not come up ends with 1, shows the traceback of its author, and the old one serves on', async () => {
    await writeWords(service, 'three');
    await writeFile(
      join(service, 'words.py'),
      'class Words:\n    def load_model(self):\n        raise OSError("no model")\n    def execute(self, data, batch_size):\n        return data\n',
    );
    // Beside its folder, the name of the folder is enough.
    const { code, stdout, stderr } = await slipway.run('update', 'words');
    assert.equal(code, 1, stdout);
    assert.ok(stderr.includes('OSError: no model'), stderr);
    assert.ok(stderr.includes('words.py", line 3'), stderr);
    assert.equal(await answer(), 'two:hello');
  });

  it('check ends with 1 for a faulty service and says where', async () => {
    await writeFile(join(service, 'words.py'), 'class Words:\n  def load_model(self)\n');
    const { code, stdout } = await slipway.run('check', service, '--json');
    assert.equal(code, 1);
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { file: string; line: number }[] };
    assert.equal(ok, false);
    assert.deepEqual(
      findings.map(({ file, line }) => [file, line]),
      [['words.py', 2]],
    );
  });

  it('what cannot be understood ends with 2', async () => {
    for (const words of [
      ['nonsense'],
      ['deploy', '--nonsense'],
      ['status', 'a', 'b'],
      ['completion', 'tcsh'],
      ['delete', 'words'],
    ]) {
      assert.equal((await slipway.error(2, ...words)).code, 'usage', words.join(' '));
    }
    assert.equal((await slipway.run()).code, 2);
  });

  it('completion prints a script for each shell, and doctor looks at the machine', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { script } = (await slipway.json('completion', shell)) as { script: string };
      assert.ok(script.includes('rollback'), shell);
    }
    const { checks } = (await slipway.json('doctor')) as { checks: { name: string; state: string }[] };
    assert.equal(checks.find(({ name }) => /python/i.test(name))?.state, 'ok');
  });

  it('F27: a platform that does not answer ends a command with 3 and a hint, and down --force ends the platform', async () => {
    process.kill(platform, 'SIGSTOP');
    const error = await slipway.error(3, 'status');
    assert.equal(error.code, 'platform_unreachable');
    assert.ok(error.hint.includes('down --force'), error.hint);
    assert.equal((await slipway.json('down', '--force'))['state'], 'killed');
    assert.ok(!isAlive(platform));
  });

  it('F26: after that a new platform has the same task, version and traffic', async () => {
    const ready = await slipway.json('up', '--port', '0');
    assert.notEqual(ready['pid'], platform);
    platform = ready['pid'] as number;
    await until(async () => (await status()).state === 'ready', 30_000);
    assert.equal((await status()).activeVersion, 'v2');
    assert.equal(await answer(), 'two:hello');
  });

  it('delete removes the task, and down stops the platform', async () => {
    assert.deepEqual(await slipway.json('delete', 'words', '--yes'), { task: 'words', state: 'deleted' });
    assert.equal((await slipway.error(1, 'status', 'words')).code, 'task_not_found');
    assert.equal((await slipway.json('down'))['state'], 'stopped');
    assert.ok(!isAlive(platform));
    assert.equal((await slipway.json('down'))['state'], 'absent');
    assert.equal((await slipway.error(1, 'status')).code, 'platform_not_running');
  });

  it('up --foreground stays, and its platform ends with it: interrupted 130', async () => {
    const staying = slipway.start('up', '--foreground', '--json', '--port', '0');
    const { pid } = await staying.line<{ pid: number }>(({ pid: found }) => found !== undefined);
    assert.ok(isAlive(pid));
    staying.signal('SIGINT');
    assert.equal((await staying.ended).code, 130);
    await until(() => !isAlive(pid));
  });

  it('F26: the platform of up --foreground ends when the command is killed', async () => {
    const staying = slipway.start('up', '--foreground', '--json', '--port', '0');
    const { pid } = await staying.line<{ pid: number }>(({ pid: found }) => found !== undefined);
    staying.signal('SIGKILL');
    await staying.ended;
    await until(() => !isAlive(pid));
  });
});
