// How the versions of a task stand side by side, for its experiment. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import type { Setting } from '../experiment/experiment.ts';
import type { Shown } from '../experiment/verdict.ts';
import { knownVersion, type TaskRecord } from './record.ts';

/** Versions of a split, or the two sides of a held canary; the one that had the traffic is the baseline. */
export function settingOf(record: TaskRecord): Setting {
  const { task, uid, active, versions } = record;
  const weights = weightsOf(record);
  const { min, max } = knownVersion(record, active).manifest.feedback ?? { min: 0, max: 1 };
  const first = weights.has(active) ? active : [...weights.keys()][0];
  return {
    task,
    uid,
    known: new Set(versions.map(({ id }) => id)),
    baseline: weights.size < 2 || first === undefined ? null : first,
    weights,
    range: { min, max },
  };
}

function weightsOf({ split, rollout, active }: TaskRecord): ReadonlyMap<VersionId, number> {
  if (split !== undefined) {
    const seats = split.seats.filter(({ weight }) => weight > 0);
    return new Map(seats.map(({ version, weight }) => [version, weight]));
  }
  if (rollout?.canary !== undefined && rollout.from !== null) {
    return new Map([
      [rollout.from, 100 - rollout.canary],
      [rollout.to, rollout.canary],
    ]);
  }
  return new Map([[active, 1]]);
}

export function shownVersions({ versions }: TaskRecord): Shown[] {
  return versions.map(({ id, name, key }) => ({ version: id, name, key }));
}
