// Starts one worker in a container of its own: make, attach, start, and hand over its configuration by standard input.
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ReplicaId } from '../../../../schemas/ids.ts';
import type { WorkerAddress } from '../../../../schemas/tasks.ts';
import type { ListenAddress, WorkerConfig } from '../../../../schemas/worker.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import { dockerError, isUnreachable, statusOf } from '../../../docker/docker-error.ts';
import { imageUser, layout } from '../../../docker/image-layout.ts';
import type { Launcher, WorkerExit, WorkerOrder, WorkerProcess } from '../launcher.ts';
import { listeningAddress } from '../listening-address.ts';
import type { OutputStream } from '../replica-output.ts';
import type { SocketFolder } from '../socket-folder.ts';
import { containerLabels, containerName, type ContainerMarks } from './container-marks.ts';
import { containerSpec, type ContainerLimits, type ContainerLink, type GpuRequest } from './container-spec.ts';
import { containerStreams } from './container-streams.ts';
import type { ContainerWatch } from './container-watch.ts';

export interface ContainerLauncherOptions {
  readonly docker: Docker;
  readonly watch: ContainerWatch;
  /** Makes the image again where it is gone. */
  readonly image: (signal: AbortSignal) => Promise<string>;
  readonly limits: ContainerLimits;
  readonly marks: ContainerMarks;
  readonly cores: number;
  /** Where sockets are mounted from; undefined where they cannot be, and ports are published. */
  readonly sockets: SocketFolder | undefined;
  readonly gpus: (devices: readonly number[]) => GpuRequest;
  readonly attach: (replica: ReplicaId, stream: OutputStream, source: Readable) => void;
}

const socketName = 'w';
const linkPort = 7000;
/** Of a service that is a server itself. */
export const serverPort = 7002;
const ownerOnly = 0o700;

interface Place {
  readonly link: ContainerLink;
  readonly listen: ListenAddress;
  readonly user: string | undefined;
  readonly secret: string;
  /** Of the launch, on its container. */
  readonly launch: string;
  readonly remove: () => void;
}

export function containerLauncher(options: ContainerLauncherOptions): Launcher {
  return { launch: (order, signal) => launch(options, order, signal) };
}

async function launch(
  options: ContainerLauncherOptions,
  order: WorkerOrder,
  signal: AbortSignal,
): Promise<WorkerProcess> {
  signal.throwIfAborted();
  const image = await options.image(signal);
  const place = makePlace(options);
  let container: Docker.Container | undefined;
  try {
    container = await create(options, order, image, place);
    signal.throwIfAborted();
    const worker = { ...(await start(options, order, place, container)), image };
    void worker.exited.then(place.remove);
    if (signal.aborted) worker.kill();
    return worker;
  } catch (error) {
    await container?.remove({ force: true }).catch(() => undefined);
    place.remove();
    throw signal.aborted ? signal.reason : dockerError(error, 'start a container');
  }
}

async function create(
  options: ContainerLauncherOptions,
  order: WorkerOrder,
  image: string,
  { link, user, launch: launchName }: Place,
): Promise<Docker.Container> {
  const { docker, limits, marks, cores } = options;
  const labels = containerLabels(marks, order, launchName);
  const spec = containerSpec({
    ...{ image, order, limits, labels, link, user, cores },
    serverPort: order.server === undefined ? undefined : serverPort,
    gpus: options.gpus(order.gpus),
  });
  return createContainer(docker, spec, containerName(marks, order));
}

/** Under another name where that one is taken. */
export async function createContainer(
  docker: Docker,
  spec: Docker.ContainerCreateOptions,
  name: string,
): Promise<Docker.Container> {
  try {
    return await docker.createContainer({ ...spec, name });
  } catch (error) {
    // The name is somebody else's, or still that of the container before.
    if (statusOf(error) !== 409) throw error;
    return docker.createContainer({ ...spec, name: `${name}-${randomHex(3)}` });
  }
}

async function start(
  options: ContainerLauncherOptions,
  order: WorkerOrder,
  { link, listen, secret }: Place,
  container: Docker.Container,
): Promise<WorkerProcess> {
  const { watch, limits, attach } = options;
  const { id } = container;
  const stream = (await container.attach({
    ...{ stream: true, stdin: true, stdout: true, stderr: true, hijack: true },
  })) as unknown as Duplex;
  stream.on('error', () => undefined);
  const streams = containerStreams(stream);
  const exited = watch.exitOf(id, limits.memoryBytes);
  try {
    await container.start();
  } catch (error) {
    watch.giveUp(id, { code: null, signal: null });
    stream.destroy();
    throw error;
  }
  // Devices are numbered anew inside, from 0 on.
  const gpus = order.gpus.map((_, index) => index);
  const config: WorkerConfig = {
    ...order,
    gpus,
    bundleDir: layout.service,
    listen,
    ...(order.server === undefined ? {} : { server: { ...order.server, host: '0.0.0.0', port: serverPort } }),
  };
  stream.write(`${JSON.stringify(config)}\n`);
  attach(order.replica, 'stderr', streams.stderr);
  const inside = listeningAddress(streams.stdout, secret);
  void inside.catch(() => undefined).then(() => attach(order.replica, 'stdout', streams.stdout));
  const address = inside.then(() => outside(container, { link, secret, isServer: order.server !== undefined }));
  address.catch(() => undefined);
  const { State } = await container.inspect().catch(() => ({ State: { Pid: 0 } }));
  return {
    pid: State.Pid,
    container: id,
    address,
    exited: exited.finally(() => stream.destroy()),
    kill: () => void killContainer(container, watch),
    // The whole container: signals cannot stop what the Engine runs for somebody else.
    signal: (which) => {
      const told = which === 'SIGSTOP' ? container.pause() : container.unpause();
      told.catch(() => undefined);
    },
    isSuspended: () => watch.isPaused(id),
    // The kernel sees to it, at once.
    memoryOver: () => Promise.resolve(undefined),
  };
}

/** Where the platform finds what listens inside. */
async function outside(
  container: Docker.Container,
  { link, secret, isServer }: { readonly link: ContainerLink; readonly secret: string; readonly isServer: boolean },
): Promise<WorkerAddress> {
  const published = link.kind === 'port' || isServer ? (await container.inspect()).NetworkSettings.Ports : {};
  const at = (port: number): { readonly host: string; readonly port: number } => {
    const place = published[`${port}/tcp`]?.[0];
    if (place === undefined) throw new SlipwayError('replica_unreachable', 'the Engine did not publish its port');
    return { host: '127.0.0.1', port: Number(place.HostPort) };
  };
  const server = isServer ? { server: at(serverPort) } : {};
  if (link.kind === 'socket') return { kind: 'unix', path: join(link.folder, socketName), ...server };
  if (link.kind === 'none') throw new SlipwayError('internal', 'there is no worker in this container');
  return { kind: 'tcp', ...at(link.port), secret, ...server };
}

export async function killContainer(container: Docker.Container, watch: ContainerWatch): Promise<void> {
  const gone: WorkerExit = { code: null, signal: 'SIGKILL' };
  try {
    await container.kill({ signal: 'SIGKILL' });
  } catch (error) {
    // What an Engine that is away still runs is removed by its label when it is back.
    if (isUnreachable(error) || statusOf(error) === 404) watch.giveUp(container.id, gone);
    else await container.remove({ force: true }).catch(() => watch.giveUp(container.id, gone));
  }
}

function makePlace({ sockets, watch }: ContainerLauncherOptions): Place {
  const secret = randomHex(32);
  const launch = watch.launch();
  const forget = (): void => watch.forget(launch);
  if (sockets === undefined) {
    const listen: ListenAddress = { kind: 'tcp', host: '0.0.0.0', port: linkPort, secret };
    return { link: { kind: 'port', port: linkPort }, listen, user: undefined, secret, launch, remove: forget };
  }
  const folder = sockets.next();
  mkdirSync(folder, { mode: ownerOnly });
  chmodSync(folder, ownerOnly);
  const { uid, gid } = process.getuid?.() === 0 ? imageUser : { uid: process.getuid!(), gid: process.getgid!() };
  if (process.getuid?.() === 0) chownSync(folder, uid, gid);
  return {
    link: { kind: 'socket', folder },
    listen: { kind: 'unix', path: `${layout.run}/${socketName}` },
    user: `${uid}:${gid}`,
    secret,
    launch,
    remove: () => {
      forget();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
