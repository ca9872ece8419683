// Starts one worker in a container of its own: make, attach, start, and hand over its configuration by standard input.
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ReplicaId } from '../../../../schemas/ids.ts';
import type { WorkerAddress } from '../../../../schemas/tasks.ts';
import type { ListenAddress, WorkerConfig } from '../../../../schemas/worker.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import { dockerError } from '../../../docker/docker-error.ts';
import { imageUser, layout } from '../../../docker/image-layout.ts';
import type { Launcher, Seat, WorkerOrder, WorkerProcess } from '../launcher.ts';
import { listeningAddress } from '../listening-address.ts';
import type { OutputStream } from '../replica-output.ts';
import type { SocketFolder } from '../socket-folder.ts';
import { containerLabels, containerName, type ContainerMarks } from './container-marks.ts';
import { containerProcess, createContainer, startContainer } from './container-run.ts';
import { recordOf, type ContainerRecords } from './container-records.ts';
import { containerSpec, type ContainerLimits, type ContainerLink, type GpuRequest } from './container-spec.ts';
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
  readonly records: ContainerRecords;
  /** Of a container of this image, to be compared when the next platform finds it. */
  readonly fit: (image: string) => string;
  /** Milliseconds in which the next platform may come; 0: a container ends with its platform. */
  readonly adoptMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
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
  return { launch: (order, signal, seat) => launch(options, order, signal, seat) };
}

async function launch(
  options: ContainerLauncherOptions,
  order: WorkerOrder,
  signal: AbortSignal,
  seat: Seat,
): Promise<WorkerProcess> {
  const { records } = options;
  signal.throwIfAborted();
  const image = await options.image(signal);
  const place = makePlace(options);
  let container: Docker.Container | undefined;
  try {
    container = await create(options, order, image, place);
    signal.throwIfAborted();
    const { id } = container;
    const started = await start(options, order, place, container);
    const worker = { ...started, image, disown: () => records.disown(id) };
    const folder = place.link.kind === 'socket' ? place.link.folder : undefined;
    const keep = (address: WorkerAddress): void =>
      records.keep(recordOf(options, { order, seat, image, container: id, launch: place.launch, folder, address }));
    let hasEnded = false;
    if (options.adoptMs > 0)
      void started.address.then((at) => (hasEnded ? undefined : keep(at))).catch(() => undefined);
    void worker.exited.then(() => {
      hasEnded = true;
      records.drop(id);
      place.remove();
    });
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

async function start(
  options: ContainerLauncherOptions,
  order: WorkerOrder,
  { link, listen, secret }: Place,
  container: Docker.Container,
): Promise<WorkerProcess> {
  const { watch, limits, attach } = options;
  const { stream, streams, exited } = await startContainer(container, {
    ...{ watch, memoryBytes: limits.memoryBytes },
    how: { stream: true, stdin: true, stdout: true, stderr: true, hijack: true },
  });
  // Devices are numbered anew inside, from 0 on.
  const gpus = order.gpus.map((_, index) => index);
  const config: WorkerConfig = {
    ...order,
    gpus,
    bundleDir: layout.service,
    listen,
    ...(options.adoptMs > 0 ? { orphanMs: options.adoptMs } : {}),
    ...(order.server === undefined ? {} : { server: { ...order.server, host: '0.0.0.0', port: serverPort } }),
  };
  stream.write(`${JSON.stringify(config)}\n`);
  attach(order.replica, 'stderr', streams.stderr);
  const inside = listeningAddress(streams.stdout, secret);
  void inside.catch(() => undefined).then(() => attach(order.replica, 'stdout', streams.stdout));
  const address = inside.then(() => outside(container, { link, secret, isServer: order.server !== undefined }));
  address.catch(() => undefined);
  return {
    ...(await containerProcess(container, watch)),
    address,
    exited: exited.finally(() => stream.destroy()),
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
