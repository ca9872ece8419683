// slipway dev: this service on a local platform, reloaded at every save.
import { once } from 'node:events';
import { z } from 'zod';
import { readManifestText } from '../../bundle/manifest.ts';
import { connect, findPlatform, startPlatform, type StartedPlatform } from '../../client/local-platform.ts';
import { SlipwayError } from '../../common/errors.ts';
import { DevReport } from '../dev-report.ts';
import { DevService } from '../dev-service.ts';
import { engineInput, engineOptions, engineStart, requireEngine } from '../engine-options.ts';
import { exitCode, type ExitCode } from '../failure.ts';
import { FolderWatch } from '../watch-folder.ts';
import { ReloadLoop } from '../reload-loop.ts';
import { serviceFolder } from '../service-folder.ts';
import type { Session } from '../session.ts';
import { WholeNumber, defineVerb } from '../verb.ts';

const Port = WholeNumber.refine((port) => port <= 65_535, 'a port is at most 65535');
const Input = z.strictObject({
  folder: z.string().default('.'),
  port: Port.optional(),
  nodes: z.string().optional(),
  ...engineInput,
  replicas: WholeNumber.optional(),
});

export const dev = defineVerb({
  name: 'dev',
  summary: 'Run a service here and reload it at every save',
  arguments: [['[folder]', 'folder with slipway.json (default: this one)']],
  options: [
    ['--port <port>', 'port of the gateway, when a platform is started (default: a free one)'],
    ['--nodes <spec>', 'emulated nodes, when a platform is started; see `slipway up --help`'],
    ...engineOptions,
    ['--replicas <count>', 'number of replicas (default: as in slipway.json)'],
  ],
  input: Input,
  async run(session, input): Promise<ExitCode> {
    const folder = await serviceFolder(session, input.folder);
    await readManifestText(folder);
    const platform = await findOrStart(session, input);
    const client = session.closer.add(await connect(platform));
    const report = new DevReport(session);
    const following = new AbortController();
    const service = new DevService({
      session,
      client,
      folder,
      report,
      replicas: input.replicas,
      created: (task) => {
        const options = { from: 0, signal: AbortSignal.any([following.signal, session.signal]) };
        void forward(client.logs(task, options), (line) => report.line(line));
        void forward(client.events({ ...options, task }), (event) => report.event(event));
      },
    });
    session.closer.defer(() => following.abort());
    const loop = new ReloadLoop({
      clock: session.clock,
      reload: (signal, savedAt) => service.reload(signal, savedAt),
    });
    const watch = new FolderWatch(folder, () => loop.saved());
    session.closer.add(loop);
    session.closer.add(watch);
    await watch.start();
    loop.saved();
    await untilEnd(session, platform);
    return exitCode.interrupted;
  },
});

/** A platform that is started here ends with this process, whatever way that ends. */
async function findOrStart(session: Session, input: z.output<typeof Input>): Promise<StartedPlatform> {
  const found = await findPlatform(session.home);
  if (found !== undefined) {
    requireEngine(found, input);
    session.say(`Using the local platform that runs at ${found.inference}`);
    return found;
  }
  session.progress.step('Starting a local platform');
  const { port, nodes } = input;
  const started = await startPlatform({
    home: session.home,
    life: 'tied',
    signal: session.signal,
    ...(port === undefined ? {} : { port }),
    ...(nodes === undefined ? {} : { nodes }),
    ...engineStart(input),
  });
  session.closer.defer(async () => {
    const { child } = started;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    session.progress.step('Stopping the local platform');
    child.ref();
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  });
  session.say(`Local platform started at ${started.inference}; it stops with this command`);
  return started;
}

/** @throws SlipwayError when the platform that was started here ends by itself */
async function untilEnd(session: Session, platform: StartedPlatform): Promise<void> {
  const { child } = platform;
  await new Promise<void>((resolve, reject) => {
    // Nothing else may be there to keep this process alive.
    const alive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (session.signal.aborted) return end();
    session.signal.addEventListener('abort', end, { once: true });
    child?.once('exit', () => {
      clearInterval(alive);
      if (session.signal.aborted) return resolve();
      const hint = `Look at the end of ${session.home.log}.`;
      reject(new SlipwayError('platform_unreachable', 'The local platform ended by itself.', { hint }));
    });
  });
}

/** Whatever ends a stream is told where the next thing fails. */
async function forward<Item>(items: AsyncGenerator<Item>, show: (item: Item) => void): Promise<void> {
  try {
    for await (const item of items) show(item);
  } catch {
    // The platform ended, or the task was deleted.
  }
}
