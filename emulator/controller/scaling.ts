// Whether and how the load decides the replicas of a task. Pure.
import type { Manifest } from '../../schemas/manifest.ts';
import type { ScalingView } from '../../schemas/scaling.ts';
import { overlay, rulesOf, type Pace, type ScalingRules } from '../autoscaler/rules.ts';
import type { TaskRecord, VersionRecord } from './record.ts';

type Given = TaskRecord['scaling'];

/** Undefined where nobody ever asked for scaling. */
export function scalingMode(given: Given, manifest: Manifest): ScalingView['mode'] | undefined {
  if (given !== undefined) return given.mode;
  return manifest.scaling === undefined ? undefined : 'auto';
}

/** The load decides, and the version may be without a replica until a request comes. */
export function isAuto(record: TaskRecord, version: VersionRecord): boolean {
  return scalingMode(record.scaling, version.manifest) === 'auto';
}

export function scalingRules(given: Given, manifest: Manifest, pace: Pace): ScalingRules {
  const settings = overlay(manifest.scaling ?? {}, given?.settings ?? {});
  return rulesOf(settings, manifest.batching.maxBatchSize, pace);
}

export function scalingView(record: TaskRecord, version: VersionRecord, pace: Pace): ScalingView | undefined {
  const mode = scalingMode(record.scaling, version.manifest);
  return mode === undefined ? undefined : { mode, ...scalingRules(record.scaling, version.manifest, pace) };
}

/** A new version begins within its bounds, and with one replica at least: it has to show that it comes up. */
export function firstReplicas(given: Given, manifest: Manifest, wished: number): number {
  if (scalingMode(given, manifest) !== 'auto') return wished;
  const { min, max } = scalingRules(given, manifest, 'usual');
  return Math.min(max, Math.max(1, min, wished));
}

/** It sleeps: the load took its last replica, and a request brings it back. */
export function wakes(record: TaskRecord, version: VersionRecord): boolean {
  const asleep = record.desired === 'running' && version.id === record.active && version.replicas === 0;
  return asleep && version.failure === undefined && isAuto(record, version);
}
