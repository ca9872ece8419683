// A container whatever runs in it: made, attached, started, and what can be done to it until it has ended.
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { SlipwayError } from '../../../common/errors.ts';
import { randomHex } from '../../../common/random.ts';
import { isUnreachable, statusOf } from '../../../docker/docker-error.ts';
import type { WorkerExit, WorkerProcess } from '../launcher.ts';
import { containerStreams, type ContainerStreams } from './container-streams.ts';
import type { ContainerWatch } from './container-watch.ts';

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

export interface StartedContainer {
  readonly stream: Duplex;
  readonly streams: ContainerStreams;
  /** Resolves once, when it has ended. */
  readonly exited: Promise<WorkerExit>;
}

/** Attached before it is started, so that nothing of its output is missed. */
export async function startContainer(
  container: Docker.Container,
  options: {
    readonly watch: ContainerWatch;
    readonly memoryBytes: number;
    readonly how: Docker.ContainerAttachOptions;
  },
): Promise<StartedContainer> {
  return attached(container, options, () => container.start());
}

/** Takes over one that runs. Rejects when it does not. */
export async function resumeContainer(
  container: Docker.Container,
  options: { readonly watch: ContainerWatch; readonly memoryBytes: number },
): Promise<StartedContainer> {
  const how = { stream: true, stdout: true, stderr: true };
  return attached(container, { ...options, how }, async () => {
    const { State } = await container.inspect();
    // Listened to already: what ends from now on is told.
    if (!State.Running || State.Paused) throw new SlipwayError('replica_exited', 'the container does not run any more');
  });
}

async function attached(
  container: Docker.Container,
  { watch, memoryBytes, how }: Parameters<typeof startContainer>[1],
  begin: () => Promise<unknown>,
): Promise<StartedContainer> {
  const exited = watch.exitOf(container.id, memoryBytes);
  let stream: Duplex | undefined;
  try {
    stream = (await container.attach(how)) as unknown as Duplex;
    stream.on('error', () => undefined);
    const streams = containerStreams(stream);
    await begin();
    return { stream, streams, exited };
  } catch (error) {
    watch.giveUp(container.id, { code: null, signal: null });
    stream?.destroy();
    throw error;
  }
}

/** What is the same of every process that is a container. */
export async function containerProcess(
  container: Docker.Container,
  watch: ContainerWatch,
): Promise<Omit<WorkerProcess, 'address' | 'exited'>> {
  const { State } = await container.inspect().catch(() => ({ State: { Pid: 0 } }));
  return {
    pid: State.Pid,
    container: container.id,
    kill: () => void killContainer(container, watch),
    // The whole container: signals cannot stop what the Engine runs for somebody else.
    signal: (which) => {
      const told = which === 'SIGSTOP' ? container.pause() : container.unpause();
      told.catch(() => undefined);
    },
    isSuspended: () => watch.isPaused(container.id),
    // The kernel sees to it, at once.
    memoryOver: () => Promise.resolve(undefined),
  };
}

async function killContainer(container: Docker.Container, watch: ContainerWatch): Promise<void> {
  const gone: WorkerExit = { code: null, signal: 'SIGKILL' };
  try {
    await container.kill({ signal: 'SIGKILL' });
  } catch (error) {
    // What an Engine that is away still runs is removed by its label when it is back.
    if (isUnreachable(error) || statusOf(error) === 404) watch.giveUp(container.id, gone);
    else await container.remove({ force: true }).catch(() => watch.giveUp(container.id, gone));
  }
}
