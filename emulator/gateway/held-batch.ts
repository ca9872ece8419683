// What is kept of a batch that came back, or that was lost with its replica. Holds what is there, copies no bytes.
import { toBytes, type Manifest } from '../../schemas/manifest.ts';
import type { ReplicaId, TaskName } from '../../schemas/ids.ts';
import type { SlipwayError } from '../common/errors.ts';
import { ResultFrame } from '../link/result-frame.ts';
import type { BatchCapture, BatchStore, HeldBatch } from '../observe/batch-store.ts';
import type { VersionRoute } from '../router/table.ts';
import type { Batch } from './replica-lane.ts';

/** The place where batches of a version are kept, if they are. */
export type CaptureSource = (route: VersionRoute) => BatchCapture | undefined;

/** @param usual what holds for versions whose manifest does not say. */
export function captureInto(store: BatchStore, usual: 'on' | 'off'): CaptureSource {
  return ({ key, id, manifest }) => {
    const { enabled = usual === 'on', batches, maxBytes }: Manifest['capture'] = manifest.capture;
    if (!enabled) return undefined;
    const task = key.replace(/-v[0-9]+-[0-9a-f]{8}$/, '') as TaskName;
    return store.of({ key, task, version: id }, { maxBatches: batches, maxBytes: toBytes(maxBytes) });
  };
}

/**
 * @param now Clock.monotonic() @param at milliseconds since the epoch
 * @param outcome its results, or why there are none
 */
export function heldBatch(
  replica: string,
  { tickets, sentAt }: Batch,
  now: number,
  at: number,
  outcome: ResultFrame | SlipwayError,
): HeldBatch {
  const about = {
    replica: replica as ReplicaId,
    at,
    head: tickets[0]!.group.head,
    items: tickets.map(({ id, meta, body }) => ({ id, meta, body })),
    roundTripMs: now - sentAt,
    waitedMs: tickets.reduce((longest, { arrivedAt }) => Math.max(longest, sentAt - arrivedAt), 0),
  };
  if (!(outcome instanceof ResultFrame)) return { ...about, reason: outcome.toReason() };
  const { reason } = outcome.head();
  const executed = { ms: outcome.executeMicros / 1000, results: outcome };
  return reason === undefined ? { ...about, executed } : { ...about, executed, reason };
}
