// A dry run of a scaling rule: the autoscaler itself, on a recorded trace and a clock that is moved. Nothing is started.
// The load is taken as it was: a service that was short of replicas then had more in flight than it would have had with more.
import { type TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import { scalingReason } from '../../schemas/scaling-text.ts';
import type { LoadTrace, ScalingSimulation, SimulatedDecision } from '../../schemas/trace.ts';
import { VirtualClock } from '../common/virtual-clock.ts';
import { Autoscaler } from './autoscaler.ts';
import { needed } from './decide.ts';
import type { ScalingRules } from './rules.ts';
import type { Proposal, Subject } from './subject.ts';
import { TraceDemand } from './trace-demand.ts';

export interface SimulationInput {
  readonly trace: Pick<LoadTrace, 'task' | 'replicas' | 'samples'>;
  readonly rules: ScalingRules;
  /** From the decision until a new replica takes requests. */
  readonly startMs: number;
}

const key = VersionKey.parse('trace-v1-00000000');

export function simulateScaling({ trace, rules, startMs }: SimulationInput): ScalingSimulation {
  const clock = new VirtualClock();
  const demand = new TraceDemand(trace.samples, clock);
  const fleet = new Fleet(trace.replicas, rules, demand, clock);
  const decisions: SimulatedDecision[] = [];
  const decided = ({ subject, to, why, inputs }: Proposal): void => {
    const { current: from } = subject;
    const reason = scalingReason(from, to, why, subject.task);
    decisions.push({ atMs: Math.round(clock.monotonic()), from, to, reason, inputs });
  };
  const scaler = new Autoscaler({
    clock,
    demand,
    subjects: () => [subjectOf(trace.task, rules, fleet)],
    propose: (proposal) => {
      decided(proposal);
      fleet.resize(proposal.to, startMs);
    },
    held: decided,
  });
  const end = trace.samples.at(-1)!.atMs;
  for (const { atMs, forMs, arrivals } of trace.samples) {
    clock.after(atMs - forMs, () => {
      fleet.account();
      if (arrivals > 0) demand.stir(key);
    });
    clock.after(atMs, () => fleet.account());
  }
  scaler.start();
  clock.advanceTo(end);
  fleet.account();
  void scaler.close();
  return {
    task: trace.task,
    rules: { ...rules },
    decisions,
    durationMs: Math.round(end),
    requests: Math.round(trace.samples.reduce((sum, { arrivals }) => sum + arrivals, 0)),
    ...fleet.totals(),
  };
}

function subjectOf(task: TaskName, rules: ScalingRules, { current, ready }: Fleet): Subject {
  const versions = [{ id: VersionId.parse('v1'), key }];
  return {
    id: 'trace',
    task,
    versions,
    rules,
    current,
    ready,
    paused: 0,
    failedStarts: 0,
    room: Infinity,
    upOnly: false,
  };
}

/** Replicas that come up after a while, and what they cost and were short of. */
class Fleet {
  readonly #rules: ScalingRules;
  readonly #demand: TraceDemand;
  readonly #clock: VirtualClock;
  /** When each becomes ready, the oldest first. */
  #readyAt: number[];
  #accountedAt = 0;
  #last: { readonly current: number; readonly short: boolean; readonly known: boolean };
  #replicaMs = 0;
  #overTargetMs = 0;
  #unknownMs = 0;
  #most: number;

  constructor(replicas: number, rules: ScalingRules, demand: TraceDemand, clock: VirtualClock) {
    this.#rules = rules;
    this.#demand = demand;
    this.#clock = clock;
    this.#readyAt = Array.from({ length: replicas }, () => 0);
    this.#most = replicas;
    this.#last = this.#look();
  }

  get current(): number {
    return this.#readyAt.length;
  }

  get ready(): number {
    const now = this.#clock.monotonic();
    return this.#readyAt.filter((at) => at <= now).length;
  }

  resize(to: number, startMs: number): void {
    this.account();
    const now = this.#clock.monotonic();
    const readyAt = this.#readyAt.slice(0, to);
    if (readyAt.length < to) this.#clock.after(startMs, () => this.account());
    while (readyAt.length < to) readyAt.push(now + startMs);
    this.#readyAt = readyAt;
    this.#most = Math.max(this.#most, to);
    this.#last = this.#look();
  }

  /** Until now everything was as it was at the last call. */
  account(): void {
    const now = this.#clock.monotonic();
    const passed = now - this.#accountedAt;
    this.#replicaMs += passed * this.#last.current;
    if (this.#last.short) this.#overTargetMs += passed;
    if (!this.#last.known) this.#unknownMs += passed;
    this.#accountedAt = now;
    this.#last = this.#look();
  }

  totals(): Pick<ScalingSimulation, 'replicaSeconds' | 'mostReplicas' | 'overTargetMs' | 'unknownMs'> {
    return {
      replicaSeconds: Math.round(this.#replicaMs) / 1000,
      mostReplicas: this.#most,
      overTargetMs: Math.round(this.#overTargetMs),
      unknownMs: Math.round(this.#unknownMs),
    };
  }

  #look(): { readonly current: number; readonly short: boolean; readonly known: boolean } {
    const sample = this.#demand.present;
    const { current, ready } = this;
    if (sample === undefined) return { current, short: false, known: false };
    const qps = sample.arrivals / (sample.forMs / 1000);
    const short = needed(this.#rules, { concurrency: sample.concurrency, qps }, 1) > ready;
    return { current, short: short || (qps > 0 && ready === 0), known: true };
  }
}
