// Changing the number of replicas: by hand, by giving it to the load, and by the load. Pure, as in commands.ts.
import type { EventBody } from '../../schemas/events.ts';
import type { VersionId } from '../../schemas/ids.ts';
import type { ScalingSettings, ScalingWhy } from '../../schemas/scaling.ts';
import { scalingReason } from '../../schemas/scaling-text.ts';
import { overlay } from '../autoscaler/rules.ts';
import { SlipwayError } from '../common/errors.ts';
import { findVersion, type Change } from './commands.ts';
import { withVersion, type TaskRecord } from './record.ts';
import { isAuto } from './scaling.ts';
import { seated } from './standing-split.ts';

/** Versions that have replicas or are about to. */
function concerned(record: TaskRecord): ReadonlySet<VersionId> {
  const { active, rollout } = record;
  const split = record.split ?? rollout?.split;
  const sitting = split === undefined ? [] : seated(split);
  return new Set([active, ...(rollout === undefined ? [] : [rollout.to]), ...sitting]);
}

/**
 * Sets the replicas by hand; of all versions that have some when none is named. Where the load decided, it no longer does.
 * @throws SlipwayError version_not_found, state_conflict
 */
export function scale(record: TaskRecord, replicas: number, ref: string | undefined): Change {
  const named = ref === undefined ? undefined : findVersion(record, ref);
  const among = concerned(record);
  if (named !== undefined && !among.has(named.id)) {
    throw new SlipwayError('state_conflict', `${named.id} has no traffic, so it has no replicas to set.`, {
      hint: `Activate it first, or scale ${record.active}.`,
    });
  }
  const chosen = record.versions.filter(({ id }) => (named === undefined ? among.has(id) : id === named.id));
  const wasAuto = chosen.some((version) => isAuto(record, version));
  const why: ScalingWhy = { cause: { kind: 'hand', wasAuto } };
  const changed = withReplicas(record, { ids: chosen.map(({ id }) => id), to: replicas, why, inputs: {} });
  if (!wasAuto) return changed;
  const settings = record.scaling?.settings ?? {};
  return { ...changed, record: { ...changed.record, scaling: { mode: 'manual', settings } } };
}

/** From now on the load decides, by the manifest's settings with `settings` over them. */
export function autoscale(record: TaskRecord, settings: ScalingSettings): Change {
  const before = record.scaling?.settings ?? {};
  return { record: { ...record, scaling: { mode: 'auto', settings: overlay(before, settings) } }, events: [] };
}

export interface Rescale {
  readonly ids: readonly VersionId[];
  readonly to: number;
  readonly why: ScalingWhy;
  readonly inputs: Readonly<Record<string, number>>;
}

/** The same number for each of some versions, with an event for each one that had another. */
export function withReplicas(record: TaskRecord, { ids, to, why, inputs }: Rescale): Change {
  const changed = record.versions.filter(({ id, replicas }) => ids.includes(id) && replicas !== to);
  const next = changed.reduce((all, version) => withVersion(all, { ...version, replicas: to }), record);
  const events = changed.map(({ id, replicas: from }): EventBody => {
    const reason = scalingReason(from, to, why, record.task);
    return { kind: 'scaled', task: record.task, version: id, from, to, reason, why, inputs: { ...inputs } };
  });
  return { record: next, events };
}
