// How long replicas were missing after each fault: looks at the task again and again, and reads the times from what it saw.
import { modelOf } from '../../schemas/model-mark.ts';
import type { TaskView } from '../../schemas/tasks.ts';

/** From `atMs` on the task was whole, or was not. */
export interface Change {
  readonly atMs: number;
  readonly whole: boolean;
}

/** Whether all replicas that are wanted are ready. */
export function isWhole({ versions, state }: Pick<TaskView, 'versions' | 'state'>): boolean {
  if (state === 'failed' || state === 'deploying') return false;
  return versions.every(({ replicas, weight }) => weight === 0 || replicas.ready >= replicas.wanted);
}

/**
 * The longest time from a fault until the task was whole again; 0 when it always was, null when it is not whole at the end.
 * @param changes in the order of time, alternating
 */
export function recoveryMs(faultsAtMs: readonly number[], changes: readonly Change[]): number | null {
  if (changes.at(-1)?.whole === false) return null;
  let longest = 0;
  for (const [index, { atMs, whole }] of changes.entries()) {
    if (whole) continue;
    // What broke it is the last fault before it was seen broken.
    const cause = faultsAtMs.filter((at) => at <= atMs).at(-1) ?? atMs;
    longest = Math.max(longest, (changes[index + 1]?.atMs ?? atMs) - cause);
  }
  return longest;
}

/** What was seen of a task, as changes. */
export class Watch {
  readonly changes: Change[] = [];
  /** Versions that had traffic at any time. */
  readonly versions = new Set<string>();
  /** What those of them are models of that are recorded profiles. */
  readonly modelled = new Map<string, string>();

  get whole(): boolean {
    return this.changes.at(-1)?.whole ?? false;
  }

  saw(view: Pick<TaskView, 'versions' | 'state'>, atMs: number): void {
    const whole = isWhole(view);
    if (this.changes.at(-1)?.whole !== whole) this.changes.push({ atMs, whole });
    for (const { id, weight, manifest } of view.versions) {
      if (weight === 0) continue;
      this.versions.add(id);
      const device = modelOf(manifest);
      if (device !== undefined) this.modelled.set(id, device);
    }
  }
}
