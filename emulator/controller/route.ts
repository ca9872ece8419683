// The part of the route table that belongs to one task: who gets which share, and where the replicas are. Pure.
import { errorTable, type Reason } from '../../schemas/errors.ts';
import type { VersionId } from '../../schemas/ids.ts';
import type { EngineReplica } from '../engine/engine.ts';
import type { ReplicaRoute, SplitEntry, TaskRoute, VersionRoute } from '../router/table.ts';
import { isExpected, trouble, type Observed } from './observed.ts';
import { isComing, wantedCounts, type TaskRecord, type VersionRecord } from './record.ts';
import { wakes } from './scaling.ts';
import { splitOf } from './shares.ts';

export function routeOf(record: TaskRecord, observed: (version: VersionId) => Observed): TaskRoute {
  const counts = wantedCounts(record);
  const split = splitOf(record, counts, observed);
  const reason = refusal(record, split);
  const standing = record.split ?? record.rollout?.split;
  const { sticky, mirror } = standing ?? {};
  return {
    task: record.task,
    split,
    ...(sticky === undefined ? {} : { sticky: { key: sticky, salt: record.uid } }),
    // While a split ends, nothing is copied any more.
    ...(mirror === undefined || record.split === undefined ? {} : { mirror }),
    versions: record.versions.map((version) =>
      versionRoute(
        version,
        {
          wanted: counts.get(version.id) ?? 0,
          wakes: wakes(record, version) || takesPlaces(record, version, observed),
        },
        observed(version.id),
      ),
    ),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** It gets its replicas when those of the version before have ended: until then nothing is wrong with waiting for them. */
function takesPlaces(record: TaskRecord, { id }: VersionRecord, observed: (version: VersionId) => Observed): boolean {
  const { rollout } = record;
  if (rollout?.to !== id || rollout.way !== 'in-place' || !isComing(record)) return false;
  const preparing = observed(id).preparation?.state !== 'failed';
  return preparing && record.versions.some((version) => version.id !== id && observed(version.id).live > 0);
}

function versionRoute(
  version: VersionRecord,
  { wanted, wakes: asleep }: { readonly wanted: number; readonly wakes: boolean },
  observed: Observed,
): VersionRoute {
  const expected = version.failure === undefined && (asleep || (wanted > 0 && isExpected(observed)));
  const reason = expected ? undefined : whyNone(version, wanted, observed);
  return {
    key: version.key,
    id: version.id,
    ...(version.name === undefined ? {} : { name: version.name }),
    manifest: version.manifest,
    replicas: observed.replicas.flatMap((replica) => replicaRoute(replica)),
    expected,
    ...(reason === undefined ? {} : { reason }),
  };
}

function replicaRoute({ id, address, state }: EngineReplica): ReplicaRoute[] {
  if (address === undefined) return [];
  switch (state) {
    case 'ready':
    case 'paused':
    case 'draining':
      return [{ id, address, state }];
    case 'placing':
    case 'starting':
    case 'loading':
    case 'stopped':
    case 'failed':
    case 'lost':
      return [];
  }
}

function whyNone(version: VersionRecord, wanted: number, observed: Observed): Reason {
  if (version.failure !== undefined) return version.failure;
  if (wanted === 0) return noReplica(`${version.id} has no replicas: it has no traffic.`);
  return trouble(observed) ?? noReplica(`${version.id} has no replica that can serve.`);
}

function refusal(record: TaskRecord, split: readonly SplitEntry[]): Reason | undefined {
  if (split.length > 0) return undefined;
  if (record.desired === 'stopped') {
    return noReplica(`Task ${record.task} is stopped.`, `Start it with \`slipway start ${record.task}\`.`);
  }
  if (record.desired === 'deleted') return noReplica(`Task ${record.task} is being deleted.`);
  const active = record.versions.find(({ id }) => id === record.active);
  if (active?.failure !== undefined) return active.failure;
  return noReplica(`Task ${record.task} is scaled to zero.`, 'Give it replicas again.');
}

function noReplica(message: string, hint: string = errorTable.no_replica.hint): Reason {
  return { code: 'no_replica', message, hint };
}
