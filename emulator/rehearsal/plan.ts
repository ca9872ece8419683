// What a scenario does when. Pure: the same scenario and seed give the same plan, on every machine and platform.
import type { Scenario, Step } from '../../schemas/scenario.ts';
import { seededRandom } from '../common/random.ts';

export interface PlannedStep {
  /** Milliseconds from the start of the load. */
  readonly atMs: number;
  readonly step: Step;
  /** In [0, 1): which of those that fit is the target. */
  readonly pick: number;
}

/** In the order of time. Each step draws its own numbers, so that adding one changes none of the others. */
export function planSteps({ seed, steps }: Pick<Scenario, 'seed' | 'steps'>): PlannedStep[] {
  return steps
    .flatMap((step, index) => {
      const random = seededRandom((seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0);
      const { times, everyMs } = step.repeat ?? { times: 1, everyMs: 0 };
      return Array.from({ length: times }, (_, count) => ({
        atMs: step.atMs + count * everyMs + random() * step.jitterMs,
        step,
        pick: random(),
      }));
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** One of `candidates`, which are put in order first: a platform may list them in any. */
export function choose(candidates: readonly string[], pick: number): string | undefined {
  return [...candidates].sort()[Math.floor(pick * candidates.length)];
}
