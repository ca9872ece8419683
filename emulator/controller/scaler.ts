// Ties the autoscaler to the control loop: it sees the tasks as subjects, and what it proposes becomes a change of a record.
import type { VersionId } from '../../schemas/ids.ts';
import { scalingReason } from '../../schemas/scaling-text.ts';
import { Autoscaler } from '../autoscaler/autoscaler.ts';
import type { Pace } from '../autoscaler/rules.ts';
import type { Proposal } from '../autoscaler/subject.ts';
import type { Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import type { EventLog } from '../observe/event-log.ts';
import type { DemandSource } from '../observe/load.ts';
import type { ControlLoop } from './loop.ts';
import { withReplicas } from './scale-command.ts';
import { subjectsOf } from './subjects.ts';

export interface ScalerOptions {
  readonly loop: ControlLoop;
  readonly demand: DemandSource;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly pace: Pace;
}

export class Scaler implements Closeable {
  readonly #options: ScalerOptions;
  readonly #autoscaler: Autoscaler;
  #unsubscribe: (() => void) | undefined;

  constructor(options: ScalerOptions) {
    this.#options = options;
    const { loop, pace } = options;
    this.#autoscaler = new Autoscaler({
      clock: options.clock,
      demand: options.demand,
      subjects: () => loop.tasks().flatMap(({ record }) => subjectsOf(record, loop.snapshot, pace)),
      propose: (proposal) => this.#apply(proposal),
      held: (proposal) => this.#tellHeld(proposal),
    });
  }

  start(): void {
    this.#autoscaler.start();
    this.#unsubscribe = this.#options.loop.routes.subscribe(() => this.#autoscaler.attend());
  }

  /** A user changed how a task is scaled. */
  attend(): void {
    this.#autoscaler.attend();
  }

  close(): Promise<void> {
    this.#unsubscribe?.();
    return this.#autoscaler.close();
  }

  #apply({ subject, to, why, inputs }: Proposal): void {
    const ids: readonly VersionId[] = subject.versions.map(({ id }) => id);
    this.#options.loop.adjust(subject.task, (record) => {
      // It was decided on what was seen; by now somebody may have asked for something else.
      const still = subjectsOf(record, this.#options.loop.snapshot, this.#options.pace);
      const same = still.some(({ id, current }) => id === subject.id && current === subject.current);
      return same ? withReplicas(record, { ids, to, why, inputs }) : { record, events: [] };
    });
  }

  #tellHeld({ subject, why, inputs }: Proposal): void {
    const { task, versions, current } = subject;
    this.#options.events.publish({
      kind: 'scaling.held',
      task,
      version: versions[0]!.id,
      replicas: current,
      reason: scalingReason(current, current, why, task),
      why,
      inputs: { ...inputs },
    });
  }
}
