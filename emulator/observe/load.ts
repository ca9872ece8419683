// What gateways tell of a version's traffic; read by the controller's views, the autoscaler and the metrics.
import type { ReplicaId, VersionKey } from '../../schemas/ids.ts';
import type { Load } from '../../schemas/tasks.ts';

export interface LoadSource {
  /** Traffic of one version over the last ten seconds; zeros when it was never routed. */
  load(key: VersionKey): Load;
  /** Until when a replica gets no requests, in milliseconds since the epoch; undefined for one like others. */
  ejectedUntil?(key: VersionKey, replica: ReplicaId): number | undefined;
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
