// The local engine: emulated nodes, a supervisor, and a workplace in which the replicas run. Composes what the other files do.
import type {
  Engine,
  EngineDebugging,
  EngineFaults,
  EngineListener,
  EngineSnapshot,
  EngineVersion,
} from '../engine.ts';
import type { NodeFault, ReplicaFault } from '../../../schemas/faults.ts';
import type { NodeName, ReplicaId, VersionKey } from '../../../schemas/ids.ts';
import type { Target } from '../../../schemas/target.ts';
import type { Traits } from '../../../schemas/traits.ts';
import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/log.ts';
import { DockerWorkplace, type DockerWorkplaceOptions } from './docker/docker-workplace.ts';
import { defaultNodes, type NodeSpec } from './nodes.ts';
import { ProcessWorkplace, type ProcessWorkplaceOptions } from './process-workplace.ts';
import { Supervisor } from './supervisor.ts';
import type { Workplace } from './workplace.ts';

export interface EngineOptions {
  /** Default: one node, as large as this machine and more. */
  readonly nodes?: readonly NodeSpec[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds of silence after which a ready worker is replaced. */
  readonly frozenMs?: number;
}

export interface LocalEngineOptions extends EngineOptions {
  readonly workplace: Workplace;
}

/** All of them: what no workplace can do to a worker from outside, the worker does to itself. */
const localFaults: EngineFaults = {
  replica: ['kill', 'failLoad', 'slow', 'leak', 'dropLink', 'delayLink', 'freeze'],
  node: ['kill', 'cut', 'restore', 'loseGpu'],
};
const defaultFrozenMs = 10_000;

/** The engine whose replicas are containers. */
export function dockerEngine(options: EngineOptions & DockerWorkplaceOptions): LocalEngine {
  return new LocalEngine({ ...options, workplace: new DockerWorkplace(options) });
}

/** The engine whose replicas are processes. */
export function processEngine(options: EngineOptions & ProcessWorkplaceOptions): LocalEngine {
  return new LocalEngine({ ...options, workplace: new ProcessWorkplace(options) });
}

export class LocalEngine implements Engine {
  readonly kind: Workplace['kind'];
  readonly debugging: EngineDebugging | undefined;
  readonly #nodes: readonly NodeSpec[];
  readonly #workplace: Workplace;
  readonly #supervisor: Supervisor;
  #started: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ workplace, nodes = defaultNodes(), clock, log, frozenMs = defaultFrozenMs }: LocalEngineOptions) {
    this.kind = workplace.kind;
    this.#nodes = nodes;
    this.#workplace = workplace;
    this.#supervisor = new Supervisor({
      nodes,
      clock,
      log,
      frozenMs,
      output: workplace.output,
      prepare: (version, progress, signal) => workplace.prepare(version, progress, signal),
    });
    // A container has a loopback address of its own, which no adapter of this machine reaches.
    this.debugging = workplace.kind === 'process' ? this.#supervisor.debugging : undefined;
    workplace.left = (reason) => this.#supervisor.leave(reason);
    workplace.recovered = (code) => this.#supervisor.hurry(code);
  }

  /** Looks at what an earlier platform of this home left behind, then takes orders. */
  start(): Promise<void> {
    this.#started ??= this.#workplace.start();
    return this.#started;
  }

  /** All that should run was ordered: what an earlier platform left and nobody ordered ends. */
  ordered(): void {
    this.#workplace.ordered?.(this.#supervisor.keys);
  }

  apply(version: EngineVersion, count: number): void {
    this.#supervisor.apply(version, count);
  }

  remove(key: VersionKey): void {
    this.#supervisor.remove(key);
  }

  snapshot(): EngineSnapshot {
    return this.#supervisor.snapshot();
  }

  watch(listener: EngineListener): () => void {
    return this.#supervisor.watch(listener);
  }

  kill(replica: ReplicaId): void {
    this.#supervisor.kill(replica);
  }

  faults(): EngineFaults {
    return localFaults;
  }

  async faultReplica(replica: ReplicaId, fault: ReplicaFault): Promise<void> {
    this.#supervisor.faultReplica(replica, fault);
    return Promise.resolve();
  }

  async faultNode(name: NodeName, fault: NodeFault): Promise<void> {
    this.#supervisor.faultNode(name, fault);
    return Promise.resolve();
  }

  traits(): Traits {
    return this.#workplace.traits(this.#nodes);
  }

  target(): Promise<Target> {
    return this.#workplace.target();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await this.#supervisor.close();
    await this.#workplace.close();
  }
}
