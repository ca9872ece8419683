// What of the load asks for another number of replicas.
import type { ScalingCause } from '../../schemas/scaling.ts';
import type { MeanLoad } from './load-window.ts';
import type { ScalingRules } from './rules.ts';

/** The one of the two targets that asks for more replicas. */
export function causeOf(rules: ScalingRules, load: MeanLoad, windowMs: number): ScalingCause {
  const { targetConcurrency, targetQps } = rules;
  const byConcurrency = targetConcurrency === null ? -1 : load.concurrency / targetConcurrency;
  const byQps = targetQps === null ? -1 : load.qps / targetQps;
  if (byQps > byConcurrency) return { kind: 'qps', qps: load.qps, target: targetQps!, windowMs };
  return { kind: 'concurrency', inFlight: load.concurrency, target: targetConcurrency!, windowMs };
}
