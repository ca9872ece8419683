// A whole platform whose engine is Docker, used as from a terminal.
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import { imageLabels } from '../../emulator/docker/image-layout.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import { slipway, slipwayJson } from '../support/command-line.ts';
import { testBase } from '../support/docker-bench.ts';
import { useDockerEngine } from '../support/docker-suite.ts';
import { echoService } from '../support/engine-bench.ts';
import { engineLeftovers } from '../support/engine-leftovers.ts';
import { ask } from '../support/raw-http.ts';
import { SlipwayCommand } from '../support/slipway-command.ts';
import { writeService } from '../support/service-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/waiting.ts';

const ownServer = join(packageRoot, 'test', 'fixtures', 'services', 'own-server');

describe('a platform on Docker', function () {
  this.timeout(300_000);
  const engine = useDockerEngine();
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  const at = (name: string): string => join(folder!.path, name);
  let options: { readonly home: string; readonly cwd: string };
  let port = 0;
  const previous = process.env['DOCKER_HOST'];
  const images = async (): Promise<readonly string[]> =>
    (await engine().docker.listImages({ all: true })).map(({ Id }) => Id).sort();
  /** Containers that run, those of builds too. */
  const running = async (): Promise<number> => (await engine().docker.listContainers()).length;
  let leftBefore: readonly string[] = [];

  before(async () => {
    folder = await temporaryFolder();
    options = { home: at('home'), cwd: folder.path };
    process.env['DOCKER_HOST'] = `unix://${engine().socket}`;
    leftBefore = await engineLeftovers(engine().docker);
    const up = (await slipwayJson(['up', '--engine', 'docker', '--base-image', testBase], options)) as {
      inference: string;
    };
    port = Number(new URL(up.inference).port);
  });

  after(async () => {
    if (previous === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = previous;
    if (folder === undefined) return;
    await slipway(['down', '--force'], options);
    await folder.remove();
  });

  it('serves a service that is a server itself: requests, streams, and its end', async () => {
    await cp(ownServer, at('chat'), { recursive: true });
    await slipwayJson(['deploy', 'chat'], options);
    const told = await ask(port, '/chat/any/path?a=1', 'body', { 'x-mine': 'kept' }, 'PUT');
    const { method, path, body } = JSON.parse(told.body) as Record<string, string>;
    assert.deepEqual([told.status, method, path, body], [200, 'PUT', '/any/path?a=1', 'body']);
    const events = await ask(port, '/chat/events?count=3&pause=0.1', undefined, {}, 'GET');
    assert.match(events.body, /token 0\n\nid: 1\ndata: token 1\n\nid: 2/);
    await slipwayJson(['delete', 'chat', '--yes'], options);
  });

  it('builds only the last layer again for a changed file, and nothing for what is there', async () => {
    const source =
      'class Service:\n    def load_model(self):\n        pass\n\n    def execute(self, data, batch_size):\n';
    const says = (word: string): string => `${source}        return ["${word}"] * batch_size\n`;
    await writeService(at('words'), { name: 'words' }, { 'service.py': says('one') });
    await slipwayJson(['deploy', 'words'], options);
    const first = await images();
    // As from a terminal: the command is a process of its own, and whoever asks the gateway sees when it answers otherwise.
    const terminal = new SlipwayCommand(folder!.path);
    const saved = performance.now();
    const seconds = (): string => ((performance.now() - saved) / 1000).toFixed(1);
    await writeFile(join(at('words'), 'service.py'), says('two'));
    const updating = terminal.json('update', 'words');
    await until(async () => (await ask(port, '/words', 'x')).body === 'two', 60_000);
    console.log(`    a saved file gives its first answer after ${seconds()} s: command, image, container, rollout`);
    await updating;
    console.log(`    slipway update returns after ${seconds()} s`);
    assert.equal((await ask(port, '/words', 'x')).body, 'two');
    const second = await images();
    const added = second.filter((id) => !first.includes(id));
    const parts = await Promise.all(
      added.map(async (id) => {
        const { Config } = await engine().docker.getImage(id).inspect();
        return Config.Labels[imageLabels.part];
      }),
    );
    assert.deepEqual(
      parts.filter((part) => part === 'dependencies' || part === 'model'),
      [],
    );
    await writeFile(join(at('words'), 'service.py'), says('one'));
    await slipwayJson(['update', 'words'], options);
    assert.equal((await ask(port, '/words', 'x')).body, 'one');
    assert.deepEqual(await images(), second, 'that image was there');
    await slipwayJson(['delete', 'words', '--yes'], options);
  });

  it('F34 a base image that is nowhere is told, and what to look at', async () => {
    await writeService(
      at('nowhere'),
      { name: 'nowhere', container: { base: 'slipway.invalid/none:1' } },
      { 'service.py': 'class Service:\n    def load_model(self): ...\n    def execute(self, data, batch_size): ...\n' },
    );
    const { code, stdout } = await slipway(['deploy', 'nowhere', '--json'], options);
    assert.notEqual(code, 0);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
    assert.equal(error.code, 'image_missing', stdout);
    assert.match(error.message + error.hint, /slipway\.invalid\/none:1.*container\.base/s);
    await slipwayJson(['delete', 'nowhere', '--yes'], options);
  });

  it('opens a shell in the container of a replica, and tells of the container where it is looked at', async () => {
    await writeService(at('words'), { name: 'words' }, { 'service.py': echoService });
    await slipwayJson(['deploy', 'words'], options);
    const { replicas } = (await slipwayJson(['status', 'words'], options)) as TaskView;
    const [{ id, container, image }] = replicas as [TaskView['replicas'][number]];
    const seen = await engine().docker.getContainer(container!).inspect();
    assert.equal(image, seen.Image);
    const stdin = 'echo $SLIPWAY_REPLICA; id -u; pwd; touch here; echo wrong >&2; exit 7\n';
    const shell = await slipway(['shell', 'words', id], { ...options, stdin });
    assert.equal(shell.code, 0, shell.stderr);
    // The replica's own container, user and folder, none of which may be written.
    assert.deepEqual(shell.stdout.trim().split('\n'), [id, seen.Config.User.split(':')[0], seen.Config.WorkingDir]);
    assert.match(shell.stderr, /Read-only file system[^]*wrong/);
    const told = (await slipwayJson(['shell', 'words'], options)) as object;
    assert.deepEqual(told, { task: 'words', replica: id, kind: 'container', container });
    process.env['DOCKER_HOST'] = 'unix:///nowhere/docker.sock';
    try {
      const lost = await slipway(['shell', 'words', '--verbose'], { ...options, stdin });
      assert.equal(lost.code, 1);
      assert.match(lost.stderr, /No Docker Engine answered/);
    } finally {
      process.env['DOCKER_HOST'] = `unix://${engine().socket}`;
    }
    await slipwayJson(['delete', 'words', '--yes'], options);
  });

  it('ends the build of an image when its deployment is cancelled', async () => {
    await writeService(at('slow'), { name: 'slow' }, { 'service.py': echoService });
    await slipwayJson(['deploy', 'slow'], options);
    const before = await running();
    const parts = async (): Promise<number> =>
      // What a build that was cancelled had come to is not whole, and is no part.
      (
        await engine().docker.listImages({ all: true, filters: { label: [`${imageLabels.part}=dependencies`] } })
      ).filter(({ Labels }) => Labels[imageLabels.step] !== 'building').length;
    const built = await parts();
    // Some 40 MB that no other test installs.
    await writeService(at('slow'), { name: 'slow', requirements: ['scipy==1.14.1'] }, { 'service.py': echoService });
    await slipwayJson(['deploy', 'slow', '--no-wait'], options);
    await until(async () => (await running()) > before, 60_000);
    await slipwayJson(['rollback', 'slow'], options);
    await until(async () => (await running()) === before, 30_000);
    assert.equal(await parts(), built, 'it was built all the same');
    await slipwayJson(['delete', 'slow', '--yes'], options);
  });

  it('leaves no container, name of an image or network behind', async () => {
    await slipwayJson(['down'], options);
    assert.deepEqual(await engineLeftovers(engine().docker), leftBefore);
  });
});
