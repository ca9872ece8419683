// One step of replacing replicas: at most one more than wanted, none taken away before its replacement serves; or, where
// there is no room for one more, with one missing, or with the old ones gone first.

import type { Rollout } from './record.ts';

/** One version in a rollout: what it was told to have, and what it has. */
export interface Side {
  /** Replicas that it was told to have at the step before. */
  readonly count: number;
  /** Replicas that take requests. */
  readonly ready: number;
  /** Replicas that hold a place, those that still drain included. */
  readonly live: number;
}

export interface SurgeInput {
  /** The versions to be replaced, those that should go first, first. `expendable`: unready replicas go at once. */
  readonly olds: readonly (Side & { readonly expendable: boolean })[];
  readonly to: Side;
  /** Replicas that served before. */
  readonly before: number;
  /** Replicas of the new version in the end. */
  readonly after: number;
  /** Stop when the new version has the replicas for this percentage of the traffic. */
  readonly canary?: number;
  /** Default: with one replica more. */
  readonly way?: Rollout['way'];
}

export interface SurgeStep {
  /** New counts, in the order of `olds`. */
  readonly olds: readonly number[];
  readonly to: number;
  /** Nothing is left to do. */
  readonly done: boolean;
}

/** Replicas for a canary's share: at least one, and no more than there will be in the end. */
export function canaryReplicas(after: number, percent: number): number {
  return Math.min(after, Math.max(1, Math.round((after * percent) / 100)));
}

/**
 * The next counts. Repeating it with new observations ends when the new version's replicas become ready; whatever the
 * old ones do meanwhile. A snapshot from before the last step does no harm: a version is never credited with more ready
 * replicas than it was told to have, and a replica that still drains holds its place.
 */
export function surgeStep(input: SurgeInput): SurgeStep {
  const goal = input.canary === undefined ? input.after : canaryReplicas(input.after, input.canary);
  const readyTo = Math.min(input.to.ready, input.to.count);
  const keep = oldsToKeep(input, goal, readyTo);
  const { more, missing } = slack(input.way);
  const floor = Math.min(input.before, input.after) - missing;
  const ready = input.olds.map((old) => Math.min(old.ready, old.count));
  const olds = input.olds.map((old, index) => (old.expendable ? ready[index]! : old.count));
  let serving = readyTo + sum(ready);
  for (let index = 0; index < olds.length; index++) {
    while (olds[index]! > 0 && sum(olds) > keep) {
      // The engine takes replicas away that do not serve before those that do.
      const unready = ready[index]! < olds[index]!;
      if (!unready && serving - 1 < floor) break;
      olds[index]!--;
      if (unready) continue;
      ready[index]!--;
      serving--;
    }
  }
  const held = sum(input.olds.map((old, index) => Math.max(olds[index]!, old.live)));
  const leaving = Math.max(0, input.to.live - input.to.count);
  const room = Math.max(input.before, input.after) + more - held - leaving;
  const to = Math.max(0, Math.min(goal, Math.max(input.to.count, room)));
  return { olds, to, done: to >= goal && readyTo >= goal && sum(olds) <= keep };
}

/** How many replicas there may be over the wanted number, and how many fewer may serve. */
function slack(way: SurgeInput['way']): { readonly more: number; readonly missing: number } {
  switch (way) {
    case 'one-at-a-time':
      return { more: 0, missing: 1 };
    case 'in-place':
      return { more: 0, missing: Infinity };
    case 'wait':
    case undefined:
      return { more: 1, missing: 0 };
  }
}

function oldsToKeep(input: SurgeInput, goal: number, readyTo: number): number {
  const { more, missing } = slack(input.way);
  if (input.canary === undefined) return readyTo >= goal ? 0 : Math.max(0, input.before - missing - readyTo);
  if (more === 0) return Math.max(Math.min(1, input.before), input.before - goal);
  // A held canary may use the surge for good, so that the old version keeps its strength.
  return Math.max(Math.min(1, input.before), input.before + 1 - goal, input.before - readyTo);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
