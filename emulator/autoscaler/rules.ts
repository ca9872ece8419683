// The settings of one version with every default filled in. Pure.
import type { ScalingSettings, ScalingView } from '../../schemas/scaling.ts';

export type ScalingRules = Omit<ScalingView, 'mode'>;

/** `fast`: windows and idle times that were not set are a tenth, so that a laptop shows within seconds what a cluster does. */
export type Pace = 'usual' | 'fast';

const usualWindowMs = 60_000;
const usualIdleMs = 1_800_000;
const usualMax = 10;
const usualStartBudget = 3;
/** The panic window is this share of the stable one, and never shorter than the time between two looks. */
const panicShare = 0.1;
export const tickMs = 1_000;

/** @param maxBatchSize of the service: a replica executes this many requests at once. */
export function rulesOf(settings: ScalingSettings, maxBatchSize: number, pace: Pace): ScalingRules {
  const factor = pace === 'fast' ? 0.1 : 1;
  const min = settings.min ?? 1;
  const stableWindowMs = settings.stableWindowMs ?? usualWindowMs * factor;
  const byQpsOnly = settings.targetConcurrency === undefined && settings.targetQps !== undefined;
  return {
    min,
    max: settings.max ?? Math.max(usualMax, min),
    // Half-full batches leave room for twice the load until another replica is up.
    targetConcurrency: byQpsOnly ? null : (settings.targetConcurrency ?? Math.max(1, maxBatchSize / 2)),
    targetQps: settings.targetQps ?? null,
    stableWindowMs,
    panicWindowMs: Math.max(tickMs, stableWindowMs * panicShare),
    idleMs: min === 0 ? (settings.idleMs ?? usualIdleMs * factor) : null,
    startBudget: settings.startBudget ?? usualStartBudget,
  };
}

/** Settings given to a task lie over those of the manifest; a bound that they contradict gives way. */
export function overlay(manifest: ScalingSettings, given: ScalingSettings): ScalingSettings {
  const merged = { ...manifest, ...given };
  if (merged.min !== undefined && merged.max !== undefined && merged.min > merged.max) {
    if (given.max === undefined) merged.max = merged.min;
    else merged.min = merged.max;
  }
  if (merged.min !== 0) delete merged.idleMs;
  return merged;
}
