// Takes over a container that an earlier platform started and that still runs: its output is read and its end is heard, and nothing is
// started in it.
import { rmSync } from 'node:fs';
import type Docker from 'dockerode';
import type { ReplicaId } from '../../../../schemas/ids.ts';
import { SlipwayError } from '../../../common/errors.ts';
import type { Launcher, WorkerProcess } from '../launcher.ts';
import type { ContainerLauncherOptions } from './container-launcher.ts';
import type { ContainerRecord } from './container-records.ts';
import { containerProcess, resumeContainer, type StartedContainer } from './container-run.ts';

/** Hands out the container of `record`; where it does not run any more, `otherwise` starts one. */
export function standingLauncher(
  options: ContainerLauncherOptions,
  record: ContainerRecord,
  otherwise: Launcher,
): Launcher {
  const address = record.address;
  return {
    launch: async (order, signal, seat) => {
      const worker = await takeOver(options, record, signal, async (_, started) => {
        if (address === undefined) throw new SlipwayError('internal', 'the record of a worker has no address');
        attachBoth(options, order.replica, started);
        return Promise.resolve({ address: Promise.resolve(address) });
      });
      return worker ?? otherwise.launch(order, signal, seat);
    },
  };
}

type Part<K extends keyof WorkerProcess> = Pick<WorkerProcess, K>;

/**
 * One that runs becomes this platform's. What cannot be reached, or has ended meanwhile, is removed.
 * @param speak makes known where its worker is
 * @returns undefined when it cannot be taken over
 */
export async function takeOver(
  { docker, watch, records, limits, marks }: ContainerLauncherOptions,
  record: ContainerRecord,
  signal: AbortSignal,
  speak: (
    container: Docker.Container,
    started: StartedContainer,
  ) => Promise<Part<'address'> & Partial<Part<'isForeign' | 'exited'>>>,
): Promise<WorkerProcess | undefined> {
  signal.throwIfAborted();
  const container = docker.getContainer(record.container);
  watch.resume(record.launch);
  const forget = (): void => {
    watch.forget(record.launch);
    records.drop(record.container);
    if (record.folder !== undefined) rmSync(record.folder, { recursive: true, force: true });
  };
  try {
    const started = await resumeContainer(container, { watch, memoryBytes: limits.memoryBytes });
    const common = await containerProcess(container, watch);
    const spoken = await speak(container, started);
    records.keep({ ...record, platform: marks.platform });
    const exited = (spoken.exited ?? started.exited).finally(() => started.stream.destroy());
    void exited.then(forget);
    const worker: WorkerProcess = {
      ...common,
      ...spoken,
      ...{ image: record.image, exited, disown: () => records.disown(record.container) },
    };
    if (signal.aborted) worker.kill();
    return worker;
  } catch {
    await container.remove({ force: true }).catch(() => undefined);
    forget();
    signal.throwIfAborted();
    return undefined;
  }
}

/** What it writes is read from now on. */
export function attachBoth(
  { attach }: Pick<ContainerLauncherOptions, 'attach'>,
  replica: ReplicaId,
  { streams }: StartedContainer,
): void {
  attach(replica, 'stderr', streams.stderr);
  attach(replica, 'stdout', streams.stdout);
}
