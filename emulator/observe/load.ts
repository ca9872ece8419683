// What gateways tell of a version's traffic; read by the controller's views, the autoscaler and the metrics.
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import type { Demand } from '../../schemas/scaling.ts';
import type { Load } from '../../schemas/tasks.ts';

export interface LoadSource {
  /** Traffic of one version over the last ten seconds; zeros when it was never routed. */
  load(key: VersionKey): Load;
  /** Until when a replica gets no requests, in milliseconds since the epoch; undefined for one like others. */
  ejectedUntil?(key: VersionKey, replica: ReplicaId): number | undefined;
}

/** What the autoscaler goes by: the counts of all gateways that route to a version. */
export interface DemandSource {
  /** One row for each gateway that was heard of lately; none is not the same as zero. */
  demand(key: VersionKey): readonly Demand[];
  /**
   * Calls `listener` at the first request after a reading of `demand` that found nothing new, in any gateway.
   * @returns a function that ends it.
   */
  onStir(listener: (key: VersionKey) => void): () => void;
}

export const noLoad: Load = {
  qps: 0,
  concurrency: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  errorRate: 0,
  meanBatch: null,
  total: 0,
};
