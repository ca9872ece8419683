// Which replicas of a version are left out for a while: those that are lost with work on them again and again, and never
// more than half of them.
import type { Clock } from '../common/clock.ts';
import type { SlipwayError } from '../common/errors.ts';
import type { VersionRoute } from '../router/table.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { Lane, LaneSet } from './lane-set.ts';
import type { Probation } from './probation.ts';
import type { Reporter } from './report.ts';

export interface Ejectable extends Lane {
  readonly id: ReplicaId;
  readonly probation: Probation;
}

export interface EjectionOptions<L extends Ejectable> {
  readonly clock: Clock;
  readonly report: Reporter;
  readonly route: () => VersionRoute;
  readonly lanes: LaneSet<L>;
  /** Called when one that was left out may be tried. */
  readonly due: () => void;
}

export class Ejection<L extends Ejectable> {
  readonly #options: EjectionOptions<L>;

  constructor(options: EjectionOptions<L>) {
    this.#options = options;
  }

  /** `lane` was lost, reset a connection or let a deadline pass while it had work. */
  failed(lane: L, reason: SlipwayError): void {
    const { clock, lanes, report, route, due } = this.#options;
    const others = lanes.all.filter((one) => one !== lane && one.probation.until !== undefined).length;
    const now = clock.monotonic();
    if (!lane.probation.failed(now, 2 * (others + 1) <= lanes.all.length)) return;
    const { until, times } = lane.probation;
    const told = { until: this.#epoch(until!), times, reason: reason.toReason() };
    report(route(), { kind: 'ejected', replica: lane.id, ...told });
    clock.after(until! - now, due);
  }

  answered(lane: L): void {
    const { report, route } = this.#options;
    if (lane.probation.answered()) report(route(), { kind: 'readmitted', replica: lane.id });
  }

  /** Until when `replica` gets no requests, in milliseconds since the epoch. */
  until(replica: ReplicaId): number | undefined {
    const until = this.#options.lanes.get(replica)?.probation.until;
    return until === undefined ? undefined : this.#epoch(until);
  }

  #epoch(monotonic: number): number {
    const { clock } = this.#options;
    return clock.now() + monotonic - clock.monotonic();
  }
}
