// Hears from the Engine's event stream what happens to containers of this home. The stream is dialled again when it
// breaks, and what was missed meanwhile is asked for once.
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import { sleep, type Clock } from '../../../common/clock.ts';
import type { Closeable } from '../../../common/closing.ts';
import type { Logger } from '../../../common/log.ts';
import { randomHex } from '../../../common/random.ts';
import { dockerError } from '../../../docker/docker-error.ts';
import { jsonLines } from '../../../docker/json-lines.ts';
import type { WorkerExit } from '../launcher.ts';
import { containerExit, outOfMemoryGraceMs } from './container-exit.ts';

export interface ContainerWatchOptions {
  readonly docker: Docker;
  /** `name=value` of the containers to listen for. */
  readonly label: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** The Engine does not answer any more. */
  readonly left: () => void;
  /** It answers again. */
  readonly returned: () => void;
}

const EngineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).default({}) }),
});

/** Between attempts to reach an Engine that is away. */
const redialMs = 250;

interface Watched {
  readonly ended: (exit: WorkerExit) => void;
  readonly memoryBytes: number;
  outOfMemory: boolean;
  paused: boolean;
}

export class ContainerWatch implements Closeable {
  readonly #options: ContainerWatchOptions;
  readonly #containers = new Map<string, Watched>();
  readonly #launches = new Set<string>();
  readonly #abort = new AbortController();
  #stream: Readable | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: ContainerWatchOptions) {
    this.#options = options;
  }

  /** Whether the Engine's events are heard now. */
  get isConnected(): boolean {
    return this.#stream !== undefined;
  }

  /** Resolves when events are heard. @throws docker_unreachable when there is no Engine. */
  async start(): Promise<void> {
    const stream = await this.#dial();
    this.#keeping = this.#keep(stream);
  }

  /** Resolves when the container has ended. Call it before the container is started. */
  exitOf(id: string, memoryBytes: number): Promise<WorkerExit> {
    return new Promise((ended) => this.#containers.set(id, { ended, memoryBytes, outOfMemory: false, paused: false }));
  }

  /** A name for one launch, which goes onto its container: it is wanted until `forget`, also before its id is known. */
  launch(): string {
    const name = randomHex(8);
    this.#launches.add(name);
    return name;
  }

  /** The same for a launch of an earlier platform. */
  resume(launch: string): void {
    this.#launches.add(launch);
  }

  forget(launch: string): void {
    this.#launches.delete(launch);
  }

  /** Whether a container of this launch is still wanted. */
  wants(launch: string | undefined): boolean {
    return launch !== undefined && this.#launches.has(launch);
  }

  isPaused(id: string): boolean {
    return this.#containers.get(id)?.paused ?? false;
  }

  /** The container counts as ended, whatever the Engine says of it later. */
  giveUp(id: string, exit: WorkerExit): void {
    const container = this.#containers.get(id);
    this.#containers.delete(id);
    container?.ended(exit);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stream?.destroy();
    await this.#keeping;
  }

  async #keep(first: Readable): Promise<void> {
    const { log, left, returned } = this.#options;
    const { signal } = this.#abort;
    let stream = first;
    for (;;) {
      await this.#read(stream);
      this.#stream = undefined;
      if (signal.aborted) return;
      log.warn('the Docker Engine is away');
      left();
      const again = await this.#redial();
      if (again === undefined) return;
      stream = again;
      log.info('the Docker Engine is back');
      returned();
    }
  }

  /** Until it answers again and what was missed is known; undefined when this is closed meanwhile. */
  async #redial(): Promise<Readable | undefined> {
    const { signal } = this.#abort;
    for (;;) {
      await sleep(this.#options.clock, redialMs, signal).catch(() => undefined);
      if (signal.aborted) return undefined;
      try {
        const stream = await this.#dial();
        await this.#catchUp();
        return stream;
      } catch {
        this.#stream?.destroy();
        this.#stream = undefined;
      }
    }
  }

  async #dial(): Promise<Readable> {
    const { docker, label } = this.#options;
    try {
      const filters = { type: ['container' as const], label: [label] };
      const stream = (await docker.getEvents({ filters, abortSignal: this.#abort.signal })) as unknown as Readable;
      this.#stream = stream;
      stream.on('error', () => undefined);
      return stream;
    } catch (error) {
      throw dockerError(error, 'tell its events');
    }
  }

  async #read(stream: Readable): Promise<void> {
    try {
      for await (const value of jsonLines(stream as AsyncIterable<Buffer>)) {
        const event = EngineEvent.safeParse(value);
        if (event.success) this.#take(event.data.Action, event.data.Actor.ID, event.data.Actor.Attributes);
      }
    } catch {
      // It broke: the next one tells.
    }
  }

  #take(action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    const container = this.#containers.get(id);
    if (container === undefined) return;
    if (action === 'oom') container.outOfMemory = true;
    if (action === 'pause') container.paused = true;
    if (action === 'unpause') container.paused = false;
    if (action === 'die') this.#died(id, container, Number(attributes['exitCode'] ?? Number.NaN));
  }

  #died(id: string, container: Watched, exitCode: number): void {
    const tell = (): void => this.giveUp(id, containerExit(exitCode, container));
    // The Engine hears of the end and of the lack of memory on two ways; either may be first.
    const mayBeMemory = exitCode === 137 && !container.outOfMemory;
    if (mayBeMemory) this.#options.clock.after(outOfMemoryGraceMs, tell);
    else tell();
  }

  /** What ended while nobody listened. */
  async #catchUp(): Promise<void> {
    const { docker, label } = this.#options;
    const running = await docker.listContainers({ filters: { label: [label] } });
    const alive = new Set(running.map(({ Id }) => Id));
    for (const [id, container] of this.#containers) {
      if (!alive.has(id)) this.giveUp(id, containerExit(Number.NaN, container));
    }
  }
}
