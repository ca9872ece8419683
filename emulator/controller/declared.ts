// A task as one declaration, such as `kubectl apply` gives: what it asks for in commands, and what it says after
// commands came another way. Pure.
import type { TaskSpec } from '../../schemas/cluster.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { start, stop, update, type Change } from './commands.ts';
import { scale } from './scale-command.ts';
import { versionOf, type TaskRecord, type VersionRecord } from './record.ts';

/** Whether `spec` says anything else than `applied`, which is what the record was made to follow last. */
export function asksForMore(spec: TaskSpec, applied: TaskSpec | undefined): boolean {
  if (applied === undefined) return true;
  return (
    spec.bundle !== applied.bundle ||
    (spec.replicas !== undefined && spec.replicas !== applied.replicas) ||
    (spec.stopped !== undefined && spec.stopped !== (applied.stopped ?? false)) ||
    (spec.versionName !== undefined && spec.versionName !== applied.versionName)
  );
}

/** The record that follows what `spec` says and `applied` did not. @param manifest of the bundle of `spec` */
export function follow(
  record: TaskRecord,
  spec: TaskSpec,
  applied: TaskSpec,
  about: { readonly manifest: Manifest; readonly now: number },
): Change {
  const { now, manifest } = about;
  const changes: Change[] = [];
  const last = (): TaskRecord => changes.at(-1)?.record ?? record;
  const isNew = spec.bundle !== applied.bundle || (spec.versionName ?? applied.versionName) !== applied.versionName;
  if (isNew) {
    const { bundle, versionName: name, replicas } = spec;
    changes.push(update(last(), { bundle, manifest, name, replicas }, now));
  } else if (spec.replicas !== undefined && spec.replicas !== applied.replicas) {
    changes.push(scale(last(), spec.replicas, undefined));
  }
  if (spec.stopped === true && applied.stopped !== true) changes.push(stop(last()));
  if (spec.stopped === false && applied.stopped === true && last().desired === 'stopped') {
    changes.push(start(last(), now));
  }
  return { record: last(), events: changes.flatMap(({ events }) => events) };
}

/**
 * What the declaration says once `after` is in force. What a record comes to by itself, such as going back from a
 * version that does not start, changes nothing of it: it is not what somebody asked for.
 */
export function declarationOf(
  after: TaskRecord,
  before: TaskRecord | undefined,
  applied: TaskSpec | undefined,
): TaskSpec {
  const asked = askedVersion(after, before, applied);
  return {
    bundle: asked.bundle,
    ...(asked.name === undefined ? {} : { versionName: asked.name }),
    replicas: asked.replicas,
    stopped: after.desired !== 'running',
  };
}

function askedVersion(after: TaskRecord, before: TaskRecord | undefined, applied: TaskSpec | undefined): VersionRecord {
  const newest = after.versions.at(-1)!;
  if (before === undefined || applied === undefined || !before.versions.some(({ id }) => id === newest.id)) {
    return newest;
  }
  const { rollout } = after;
  const chosen =
    rollout?.kind === 'activate' || rollout?.kind === 'rollback' ? versionOf(after, rollout.to) : undefined;
  return chosen ?? after.versions.findLast(({ bundle }) => bundle === applied.bundle) ?? newest;
}
