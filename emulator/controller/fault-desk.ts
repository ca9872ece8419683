// Faults on their way to the engine: refused where the platform serves others, told as events where it does not.
import { faultText, type FaultSupport, type InjectFault } from '../../schemas/faults.ts';
import type { TaskName } from '../../schemas/ids.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventLog } from '../observe/event-log.ts';

export interface FaultDeskOptions {
  readonly engine: Pick<Engine, 'kind' | 'faults' | 'faultReplica' | 'faultNode' | 'snapshot'>;
  readonly events: EventLog;
  /** Asked each time: why no faults are allowed here, or undefined where they are. */
  readonly refusal: () => string | undefined | Promise<string | undefined>;
  /** Lets the wall clock of the platform jump, where it can. */
  readonly jumpClock?: ((ms: number) => void) | undefined;
  /** The task of a version. */
  readonly taskOf: (key: string) => TaskName | undefined;
}

export class FaultDesk {
  readonly #options: FaultDeskOptions;

  constructor(options: FaultDeskOptions) {
    this.#options = options;
  }

  async support(): Promise<FaultSupport> {
    const { engine, refusal, jumpClock } = this.#options;
    const platform: FaultSupport['platform'] = jumpClock === undefined ? [] : ['clockJump'];
    const { replica, node } = engine.faults();
    const refused = await refusal();
    return { replica: [...replica], node: [...node], platform, ...(refused === undefined ? {} : { refused }) };
  }

  /** @throws SlipwayError fault_refused, fault_unsupported, replica_not_found, node_not_found, state_conflict */
  async inject(order: InjectFault): Promise<void> {
    const { engine, events } = this.#options;
    const support = await this.support();
    if (support.refused !== undefined) throw new SlipwayError('fault_refused', `No faults here: ${support.refused}.`);
    const { kind } = order.fault;
    const can: readonly string[] = support[order.target];
    if (!can.includes(kind)) {
      const list = can.length === 0 ? 'none' : can.join(', ');
      throw new SlipwayError(
        'fault_unsupported',
        `The ${engine.kind} engine has no ${kind} of a ${order.target}; it has ${list}.`,
      );
    }
    const fault = faultText(order.fault);
    if (order.target === 'platform') {
      this.#options.jumpClock?.(order.fault.ms);
      events.publish({ kind: 'fault.injected', fault });
    } else if (order.target === 'node') {
      await engine.faultNode(order.node, order.fault);
      events.publish({ kind: 'fault.injected', node: order.node, fault });
    } else {
      const { replica } = order;
      const task = this.#taskOf(replica);
      await engine.faultReplica(replica, order.fault);
      events.publish({ kind: 'fault.injected', replica, fault, ...(task === undefined ? {} : { task }) });
    }
  }

  #taskOf(replica: string): TaskName | undefined {
    const found = this.#options.engine.snapshot().replicas.find(({ id }) => id === replica);
    return found === undefined ? undefined : this.#options.taskOf(found.key);
  }
}
