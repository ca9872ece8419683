// Carries out the steps of a plan through the API, each on a target that the seed chooses among those that fit.
import { faultText, NodeFaultKind, ReplicaFaultKind, type FaultSupport } from '../../schemas/faults.ts';
import { NodeFault, ReplicaFault } from '../../schemas/faults.ts';
import { NodeName, ReplicaId } from '../../schemas/ids.ts';
import type { InjectedStep, Scenario, Step } from '../../schemas/scenario.ts';
import type { NodeView, TaskView } from '../../schemas/tasks.ts';
import type { SlipwayClient } from '../client/client.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import { choose, type PlannedStep } from './plan.ts';

type FaultStep = Extract<Step, { do: 'fault' }>;

export interface StepsOptions {
  readonly client: SlipwayClient;
  readonly task: string;
  /** Sends so many requests at once. */
  readonly burst: (requests: number) => void;
  readonly signal: AbortSignal;
}

/** @throws SlipwayError fault_refused, fault_unsupported before anything has begun */
export function refuseUnsupported({ steps }: Pick<Scenario, 'steps'>, support: FaultSupport): void {
  const disturbing = steps.filter((step) => step.do === 'fault' || step.do === 'clockJump');
  if (disturbing.length === 0) return;
  if (support.refused !== undefined) throw new SlipwayError('fault_refused', `No faults here: ${support.refused}.`);
  for (const step of disturbing) {
    const [target, kind] = step.do === 'clockJump' ? (['platform', 'clockJump'] as const) : aim(step);
    const can: readonly string[] = support[target];
    if (!can.includes(kind))
      throw new SlipwayError('fault_unsupported', `This platform has no ${kind} of a ${target}.`);
  }
}

/** @throws SlipwayError scenario_invalid for a fault of a node on a replica, or the other way round */
function aim({ on, fault }: FaultStep): readonly ['replica' | 'node', string] {
  const target = 'node' in on ? 'node' : 'replica';
  const kinds: readonly string[] = (target === 'node' ? NodeFaultKind : ReplicaFaultKind).options;
  if (kinds.includes(fault.kind)) return [target, fault.kind];
  throw new SlipwayError('scenario_invalid', `A ${target} has no fault ${fault.kind}; it has ${kinds.join(', ')}.`);
}

export class Steps {
  readonly #options: StepsOptions;
  /** Versions that steps have made. */
  readonly versions = new Set<string>();

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Never rejects but for an abort: a step that cannot be done says so. @param atMs when it really is done */
  async perform({ step, pick }: PlannedStep, atMs: number): Promise<InjectedStep> {
    const what = step.do === 'fault' ? faultText(step.fault) : step.do;
    try {
      const on = await this.#act(step, pick);
      return { atMs, what, on: on ?? '', outcome: on === undefined ? 'skipped: nothing fits' : 'done' };
    } catch (error) {
      this.#options.signal.throwIfAborted();
      return { atMs, what, on: '', outcome: `failed: ${toSlipwayError(error).message}` };
    }
  }

  /** @returns whom it befell; undefined when there is nobody. */
  async #act(step: Step, pick: number): Promise<string | undefined> {
    const { client, task, burst, signal } = this.#options;
    const params = { task };
    switch (step.do) {
      case 'fault':
        return 'node' in step.on ? this.#faultNode(step, pick) : this.#faultReplica(step, pick);
      case 'fillQueue':
        burst(step.requests);
        return `${step.requests} requests`;
      case 'clockJump': {
        const fault = { kind: 'clockJump', ms: step.ms } as const;
        await client.call('injectFault', { body: { target: 'platform', fault } }, { signal });
        return `${step.ms} ms`;
      }
      case 'update': {
        const view = await this.#view();
        const active = view.versions.find(({ id }) => id === view.activeVersion) ?? view.versions.at(-1);
        if (active === undefined) return undefined;
        const { version } = await client.call('updateTask', { params, body: { bundle: active.bundle } }, { signal });
        this.versions.add(version);
        return version;
      }
      case 'rollback':
        return (await client.call('rollback', { params, body: {} }, { signal })).activeVersion ?? task;
      case 'scale':
        await client.call('scale', { params, body: { replicas: step.replicas } }, { signal });
        return `${step.replicas} replicas`;
    }
  }

  async #faultReplica({ on, fault }: FaultStep, pick: number): Promise<string | undefined> {
    const { client, signal } = this.#options;
    const { replicas, versions } = await this.#view();
    const ref = 'version' in on ? on.version : undefined;
    const wanted = versions.find(({ id, name }) => id === ref || name === ref)?.id;
    const fit = replicas.filter(({ state, version }) => state === 'ready' && (ref === undefined || version === wanted));
    const chosen = choose(
      fit.map(({ id }) => id),
      pick,
    );
    if (chosen === undefined) return undefined;
    const body = { target: 'replica', replica: ReplicaId.parse(chosen), fault: ReplicaFault.parse(fault) } as const;
    await client.call('injectFault', { body }, { signal });
    return chosen;
  }

  async #faultNode({ on, fault }: FaultStep, pick: number): Promise<string | undefined> {
    const { client, signal } = this.#options;
    const node = 'node' in on ? on.node : 'any';
    const { nodes } = await client.call('listNodes', {}, { signal });
    const used = new Set((await this.#view()).replicas.map((replica) => replica.node));
    const fit = nodes.filter((view) => (node === 'any' ? fits(view, fault.kind, used) : view.name === node));
    const chosen = choose(
      fit.map(({ name }) => name),
      pick,
    );
    if (chosen === undefined) return undefined;
    const body = { target: 'node', node: NodeName.parse(chosen), fault: NodeFault.parse(fault) } as const;
    await client.call('injectFault', { body }, { signal });
    return chosen;
  }

  #view(): Promise<TaskView> {
    const { client, task, signal } = this.#options;
    return client.call('getTask', { params: { task } }, { signal });
  }
}

/** What comes back was away; what is lost has something of the task to lose. */
function fits({ name, state, capacity }: NodeView, kind: string, used: ReadonlySet<string | null>): boolean {
  const gpus = capacity?.gpu ?? 0;
  if (kind === 'restore') return state !== 'ready' || gpus > 0;
  return state === 'ready' && used.has(name) && (kind !== 'loseGpu' || gpus > 0);
}
