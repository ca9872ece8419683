// Starts one replica of a service that brings an image of its own: it is run as it is, with as little as any other container,
// and a stand-in says what a worker would.
import { rmSync } from 'node:fs';
import type Docker from 'dockerode';
import type { Clock } from '../../../common/clock.ts';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import { dockerError } from '../../../docker/docker-error.ts';
import type { Launcher, Seat, WorkerOrder, WorkerProcess } from '../launcher.ts';
import type { ContainerLauncherOptions } from './container-launcher.ts';
import { containerLabels, containerName } from './container-marks.ts';
import { recordOf, type ContainerRecord } from './container-records.ts';
import { containerProcess, createContainer, startContainer, type StartedContainer } from './container-run.ts';
import { ownImageSpec } from './container-spec.ts';
import { StandIn } from './stand-in.ts';
import { attachBoth, takeOver } from './take-over.ts';

export interface OwnImageOptions extends ContainerLauncherOptions {
  /** Undefined: what the image is made to run. */
  readonly command: readonly string[] | undefined;
  /** On which it listens. */
  readonly port: number;
  /** `uid:gid`; undefined for the user of the image. */
  readonly user: string | undefined;
  readonly clock: Clock;
}

/** A server that was asked to end gets this long, as one that a worker runs does; its requests are over by then. */
const endSeconds = 5;

export function ownImageLauncher(options: OwnImageOptions): Launcher {
  return { launch: (order, signal, seat) => launch(options, order, signal, seat) };
}

/** Hands out the container of `record`, with a stand-in of this platform; where it does not run any more, `otherwise` starts one. */
export function standingOwnImage(options: OwnImageOptions, record: ContainerRecord, otherwise: Launcher): Launcher {
  return {
    launch: async (order, signal, seat) => {
      const worker = await takeOver(options, record, signal, (container, started) =>
        Promise.resolve(speakFor(options, order, container, started)),
      );
      return worker ?? otherwise.launch(order, signal, seat);
    },
  };
}

async function launch(
  options: OwnImageOptions,
  order: WorkerOrder,
  signal: AbortSignal,
  seat: Seat,
): Promise<WorkerProcess> {
  const { docker, watch, marks, records } = options;
  signal.throwIfAborted();
  const image = await options.image(signal);
  const name = watch.launch();
  const labels = containerLabels(marks, order, name);
  let container: Docker.Container | undefined;
  try {
    const plan = {
      ...{ image, order, labels, limits: options.limits, user: options.user, cores: options.cores },
      ...{ link: { kind: 'none' } as const, serverPort: options.port, gpus: options.gpus(order.gpus) },
    };
    const program = { command: options.command, environment: order.environment };
    container = await createContainer(docker, ownImageSpec(plan, program), containerName(marks, order));
    signal.throwIfAborted();
    const { id } = container;
    const worker = { ...(await start(options, order, container)), image, disown: () => records.disown(id) };
    const parts = { order, seat, image, container: id, launch: name, folder: undefined, address: undefined };
    if (options.adoptMs > 0) records.keep(recordOf(options, parts));
    void worker.exited.then(() => {
      records.drop(id);
      watch.forget(name);
    });
    if (signal.aborted) worker.kill();
    return worker;
  } catch (error) {
    await container?.remove({ force: true }).catch(() => undefined);
    watch.forget(name);
    throw signal.aborted ? signal.reason : dockerError(error, 'start a container');
  }
}

async function start(
  options: OwnImageOptions,
  order: WorkerOrder,
  container: Docker.Container,
): Promise<WorkerProcess> {
  const { watch, limits } = options;
  const started = await startContainer(container, {
    ...{ watch, memoryBytes: limits.memoryBytes },
    how: { stream: true, stdout: true, stderr: true },
  });
  return { ...(await containerProcess(container, watch)), ...speakFor(options, order, container, started) };
}

/** Until the container ends. */
function speakFor(
  options: OwnImageOptions,
  order: WorkerOrder,
  container: Docker.Container,
  started: StartedContainer,
): Pick<WorkerProcess, 'isForeign' | 'address' | 'exited'> {
  const { stream, exited } = started;
  attachBoth(options, order.replica, started);
  const path = options.sockets?.next();
  const standIn = standInFor(options, order, container, path);
  standIn.catch(() => undefined);
  const clear = async (): Promise<void> => {
    stream.destroy();
    (await standIn.catch(() => undefined))?.close();
    if (path !== undefined) rmSync(path, { force: true });
  };
  return {
    isForeign: true,
    address: standIn.then(({ address }) => address),
    exited: exited.finally(() => void clear()),
  };
}

async function standInFor(
  { watch, port, clock }: OwnImageOptions,
  order: WorkerOrder,
  container: Docker.Container,
  path: string | undefined,
): Promise<StandIn> {
  const { NetworkSettings } = await container.inspect();
  const published = NetworkSettings.Ports[`${port}/tcp`]?.[0];
  if (published === undefined) throw new SlipwayError('replica_unreachable', 'the Engine did not publish its port');
  return StandIn.start({
    replica: order.replica,
    version: order.version,
    path,
    secret: randomHex(32),
    server: { host: '127.0.0.1', port: Number(published.HostPort) },
    health: order.server?.health,
    startMs: order.server?.startMs ?? 0,
    failsLoad: order.failLoad === true,
    clock,
    isSuspended: () => watch.isPaused(container.id),
    drained: () => void container.stop({ t: endSeconds }).catch(() => undefined),
  });
}
